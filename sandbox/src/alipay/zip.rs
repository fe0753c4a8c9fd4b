//! How are a statement's files packed? (a ZIP whose file names are GBK, as Alipay's are)
//!
//! Libraries write names in UTF-8 and say so in a flag; these archives do neither, and whoever unpacks them
//! has to know. PKWARE's APPNOTE.TXT 4.3 names the records.

use flate2::Compression;
use flate2::write::DeflateEncoder;
use std::io::Write as _;

/// A file to be packed.
pub(crate) struct File {
    /// In whatever encoding it is to have.
    pub(crate) name: Vec<u8>,
    pub(crate) contents: Vec<u8>,
}

/// Why an archive could not be written: larger than the format allows.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ZipError {
    #[error("an archive holds 4 GB and 65535 files at most: {0}")]
    TooLarge(#[from] std::num::TryFromIntError),
    #[error("the contents could not be compressed: {0}")]
    Deflate(#[from] std::io::Error),
}

const VERSION_NEEDED: u16 = 20;
const DEFLATED: u16 = 8;
/// The first day the format knows, 1980-01-01 00:00: the same statement is packed to the same bytes.
const MODIFIED: [u8; 4] = [0, 0, 0x21, 0];

/// Packs files.
pub(crate) fn archive(files: &[File]) -> Result<Vec<u8>, ZipError> {
    let mut archive = Vec::new();
    let mut directory = Vec::new();
    for file in files {
        let offset = u32::try_from(archive.len())?;
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&file.contents)?;
        let packed = encoder.finish()?;
        let header = common_header(file, &packed)?;

        archive.extend(b"PK\x03\x04");
        archive.extend(&header);
        archive.extend(&file.name);
        archive.extend(&packed);

        directory.extend(b"PK\x01\x02");
        directory.extend(VERSION_NEEDED.to_le_bytes());
        directory.extend(&header);
        // Comment length, disk number, internal and external attributes: none.
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(&file.name);
    }
    let (count, start) = (u16::try_from(files.len())?, u32::try_from(archive.len())?);
    let length = u32::try_from(directory.len())?;
    archive.extend(directory);
    archive.extend(b"PK\x05\x06");
    // This disk and the one where the directory starts.
    archive.extend([0; 4]);
    archive.extend(count.to_le_bytes());
    archive.extend(count.to_le_bytes());
    archive.extend(length.to_le_bytes());
    archive.extend(start.to_le_bytes());
    archive.extend([0; 2]);
    Ok(archive)
}

/// What stands both before a file and in the directory. Without flags: sizes stand here, the name is in no
/// encoding that anybody declares.
fn common_header(file: &File, packed: &[u8]) -> Result<Vec<u8>, ZipError> {
    let mut crc = flate2::Crc::new();
    crc.update(&file.contents);
    let mut header = Vec::new();
    header.extend(VERSION_NEEDED.to_le_bytes());
    header.extend([0; 2]);
    header.extend(DEFLATED.to_le_bytes());
    header.extend(MODIFIED);
    header.extend(crc.sum().to_le_bytes());
    header.extend(u32::try_from(packed.len())?.to_le_bytes());
    header.extend(u32::try_from(file.contents.len())?.to_le_bytes());
    header.extend(u16::try_from(file.name.len())?.to_le_bytes());
    // No extra field.
    header.extend([0; 2]);
    Ok(header)
}
