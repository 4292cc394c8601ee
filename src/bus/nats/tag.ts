import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto'

/** Of HMAC-SHA-256, whole [RFC 2104]. */
export const TAG_BYTES = 32

/**
 * The text of a message behind a tag that only who has the key can make. The tag is over the subject too: under another
 * the message is worth nothing.
 */
export function withTag(key: KeyObject, subject: string, text: string): Uint8Array {
  const tagged = Buffer.allocUnsafe(TAG_BYTES + Buffer.byteLength(text))
  tagged.write(text, TAG_BYTES)
  tagOf(key, subject, tagged.subarray(TAG_BYTES)).copy(tagged)
  return tagged
}

/** The bytes of the text; null where the tag was not made with the key, or not for this subject and text. */
export function withoutTag(key: KeyObject, subject: string, tagged: Uint8Array): Uint8Array | null {
  if (tagged.length < TAG_BYTES) return null
  const text = tagged.subarray(TAG_BYTES)
  return timingSafeEqual(tagged.subarray(0, TAG_BYTES), tagOf(key, subject, text)) ? text : null
}

/** Subjects have no end of line in them. */
function tagOf(key: KeyObject, subject: string, text: Uint8Array): Buffer {
  return createHmac('sha256', key).update(`${subject}\n`).update(text).digest()
}
