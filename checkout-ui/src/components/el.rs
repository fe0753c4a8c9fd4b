//! How is an element written down?
//!
//! `el("p").class("hint").text("…")` instead of `html!`: the macro writes out a constructor for every element
//! of every screen, which came to a tenth of the widget. This makes the same virtual nodes in a few calls.

use std::rc::Rc;

use web_sys::Event;
use yew::virtual_dom::{Key, Listener, ListenerKind, VTag};
use yew::{AttrValue, Callback, Html, NodeRef};

use crate::state::Msg;

/// An element being built.
#[must_use]
pub(crate) struct El(Box<VTag>);

/// An element of this kind.
#[inline(never)]
pub(crate) fn el(tag: &'static str) -> El {
    El(Box::new(VTag::new(AttrValue::Static(tag))))
}

impl El {
    /// With this class.
    pub(crate) fn class(self, class: &'static str) -> Self {
        self.set("class", class)
    }

    /// With this class, and a part of the same name that the page can style.
    pub(crate) fn part(self, name: &'static str) -> Self {
        self.set("class", name).set("part", name)
    }

    /// With this attribute.
    #[inline(never)]
    pub(crate) fn set(mut self, name: &'static str, value: &'static str) -> Self {
        self.0.add_attribute(name, AttrValue::Static(value));
        self
    }

    /// With this attribute, whose value is computed.
    #[inline(never)]
    pub(crate) fn set_to(mut self, name: &'static str, value: impl Into<AttrValue>) -> Self {
        self.0.add_attribute(name, value.into());
        self
    }

    /// With this attribute where it holds, without where not.
    pub(crate) fn when(self, holds: bool, name: &'static str) -> Self {
        if holds { self.set(name, "") } else { self }
    }

    /// A radio button that is or is not chosen.
    pub(crate) fn checked(mut self, checked: bool) -> Self {
        self.0.set_checked(checked);
        self
    }

    /// Apart from other elements at its place: another key is another element.
    pub(crate) fn key(mut self, key: &'static str) -> Self {
        self.0.key = Some(Key::from(key));
        self
    }

    /// Found again through `node`.
    pub(crate) fn refer(mut self, node: &NodeRef) -> Self {
        self.0.node_ref = node.clone();
        self
    }

    /// With this text as the next child.
    pub(crate) fn text(self, text: &'static str) -> Self {
        self.node(Html::from(AttrValue::Static(text)))
    }

    /// With this computed text as the next child.
    pub(crate) fn words(self, text: String) -> Self {
        self.node(Html::from(AttrValue::from(text)))
    }

    /// With this element as the next child.
    pub(crate) fn child(self, child: Self) -> Self {
        self.node(child.done())
    }

    /// With this element as the next child, if there is one.
    pub(crate) fn maybe(self, child: Option<Self>) -> Self {
        match child {
            Some(child) => self.child(child),
            None => self,
        }
    }

    /// With this node as the next child.
    #[inline(never)]
    pub(crate) fn node(mut self, node: Html) -> Self {
        self.0.add_child(node);
        self
    }

    /// Sends `msg` when `event` happens.
    #[inline(never)]
    pub(crate) fn on(mut self, event: On, act: &Callback<Msg>, msg: Msg) -> Self {
        self.0.add_listener(Rc::new(Act { event, act: act.clone(), msg }));
        self
    }

    /// The node it makes.
    #[inline(never)]
    pub(crate) fn done(self) -> Html {
        Html::from(*self.0)
    }
}

/// What can happen to an element here.
#[derive(Clone, Copy)]
pub(crate) enum On {
    /// It is pressed, by mouse, finger or key.
    Click,
    /// Its value is another one.
    Change,
}

/// Sends a message when an event happens.
struct Act {
    event: On,
    act: Callback<Msg>,
    msg: Msg,
}

impl Listener for Act {
    fn kind(&self) -> ListenerKind {
        match self.event {
            On::Click => ListenerKind::onclick,
            On::Change => ListenerKind::onchange,
        }
    }

    fn handle(&self, _: Event) {
        self.act.emit(self.msg.clone());
    }

    fn passive(&self) -> bool {
        false
    }
}
