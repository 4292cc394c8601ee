const BLOCK = /^\s*-----BEGIN ([^\n]*?)-----[ \t]*\r?\n([^-]*?)-----END ([^\n]*?)-----\s*$/
const COLUMNS = /.{1,64}/g

/** PEM of `der` under `label`: 64 columns, ending with exactly one newline [RFC 7468 3]. */
export function encodePem(label: string, der: Uint8Array): string {
  const base64 = Buffer.from(der.buffer, der.byteOffset, der.byteLength).toString('base64')
  const lines = base64.match(COLUMNS) ?? []
  return `-----BEGIN ${label}-----\n${lines.map((line) => `${line}\n`).join('')}-----END ${label}-----\n`
}

function decodeBase64(text: string): Uint8Array {
  const base64 = text.replace(/\s+/g, '')
  const bytes = Buffer.from(base64, 'base64')
  if (base64 === '' || bytes.toString('base64') !== base64) throw new Error('the PEM block does not hold clean base64')
  return bytes
}

/**
 * The bytes of the one PEM block in `pem`, whose label must be one of `labels`.
 * Throws an Error with the reason when there is none, more than one, or anything but white space around it.
 */
export function decodePem(pem: string, labels: readonly string[]): Uint8Array {
  const block = BLOCK.exec(pem)
  if (block === null) throw new Error('it is not exactly one PEM block with nothing around it')
  const [, begin = '', body = '', end = ''] = block
  if (!labels.includes(begin)) throw new Error(`the PEM label is "${begin.slice(0, 64)}", not ${labels.join(' or ')}`)
  if (begin !== end) throw new Error('the labels of BEGIN and END differ')
  return decodeBase64(body)
}

/** Every block in `pem`, each as a PEM string of its own, in order; text between blocks is skipped. */
export function splitPem(pem: string): readonly string[] {
  const blocks = pem.match(/-----BEGIN ([A-Z0-9 ]+)-----[^-]*-----END \1-----/g) ?? []
  return blocks.map((block) => `${block}\n`)
}
