// What is in a zip file? (Node reads deflate but not the container; Alipay's statements come in one)

import assert from "node:assert/strict";
import { crc32, inflateRawSync } from "node:zlib";

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_HEADER = 0x04034b50;
const STORED = 0;
const DEFLATED = 8;

/** The files by name. Names are bytes in a zip; `encoding` says which. CRCs are checked. */
export function unzip(zip, encoding) {
  const text = new TextDecoder(encoding, { fatal: true });
  const end = zip.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
  assert.equal(zip.readUInt32LE(end), END_OF_DIRECTORY, "a zip ends with its directory");
  const files = new Map();
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    assert.equal(zip.readUInt32LE(at), DIRECTORY_ENTRY, "the directory lists one file after the other");
    const method = zip.readUInt16LE(at + 10);
    const crc = zip.readUInt32LE(at + 16);
    const size = zip.readUInt32LE(at + 20);
    const nameLength = zip.readUInt16LE(at + 28);
    const extraLength = zip.readUInt16LE(at + 30);
    const commentLength = zip.readUInt16LE(at + 32);
    const header = zip.readUInt32LE(at + 42);
    const name = text.decode(zip.subarray(at + 46, at + 46 + nameLength));
    assert.equal(zip.readUInt32LE(header), LOCAL_HEADER, `${name} is where the directory says`);
    const start = header + 30 + zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28);
    const packed = zip.subarray(start, start + size);
    assert.ok(method === STORED || method === DEFLATED, `${name} is stored or deflated`);
    const contents = method === STORED ? packed : inflateRawSync(packed);
    assert.equal(crc32(contents), crc, `${name} is whole`);
    files.set(name, contents);
    at += 46 + nameLength + extraLength + commentLength;
  }
  return files;
}
