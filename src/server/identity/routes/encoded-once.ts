/** A text in bytes, made when somebody looks and not again: anybody may ask as often as he likes. */
export function encodedOnce(source: () => string, encode: (text: string) => string = (text) => text): () => Buffer {
  let last: { readonly text: string; readonly bytes: Buffer } | null = null
  return () => {
    const text = source()
    if (last?.text !== text) last = { text, bytes: Buffer.from(encode(text)) }
    return last.bytes
  }
}
