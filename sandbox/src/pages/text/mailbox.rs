//! Words of the mailbox.

use super::words;

words! {
    LEAD: "代替邮件服务：接口与 Resend 的 POST /emails 相同，收下的邮件只显示在这里。",
        "Stands in for an e-mail service: the call is Resend's POST /emails, and what it takes is shown here and goes nowhere else.";
    NOTHING: "还没有邮件", "No e-mails yet";
    NOTHING_DETAIL: "把发信地址换成这里，或者用下面这一行试一试。", "Point your mailer here, or try the line below.";
    HOW_TO: "这样发一封", "How to send one";
    FROM: "发件人", "From";
    TO: "收件人", "To";
    AT: "时间", "Sent at";
    TEXT: "纯文本", "Plain text";
    HTML_SOURCE: "HTML 源码", "HTML source";
    PREVIEW: "HTML 预览", "HTML preview";
    PREVIEW_DETAIL: "脚本、链接和外部图片都不起作用。", "Scripts, links and pictures from elsewhere are off.";
    BACK: "全部邮件", "All e-mails";
    NO_SUBJECT: "（无主题）", "(no subject)";
}
