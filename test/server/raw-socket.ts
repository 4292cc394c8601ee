import { once } from 'node:events'
import { connect, type TLSSocket } from 'node:tls'

export interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Opens a TLS connection, writes `bytes`, and reads all that comes until the server ends it. */
export async function talk(port: number, bytes: string | readonly string[]): Promise<string> {
  const socket = await open(port)
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  const closed = once(socket, 'close')
  for (const part of [bytes].flat()) socket.write(part)
  await closed
  return Buffer.concat(chunks).toString()
}

export async function open(port: number): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  // A reset after the last byte is an end like any other here.
  socket.on('error', () => undefined)
  return socket
}

/** Splits what came over a connection into answers; every one must have a Content-Length. */
export function parseAnswers(text: string): readonly RawAnswer[] {
  const answers: RawAnswer[] = []
  for (let rest = text; rest !== ''; ) {
    const end = rest.indexOf('\r\n\r\n')
    if (end < 0) throw new Error(`No end of header in ${JSON.stringify(rest)}`)
    const [statusLine = '', ...fields] = rest.slice(0, end).split('\r\n')
    const headers = Object.fromEntries(
      fields.map((field) => field.split(/: (.*)/s, 2)).map(([name = '', value = '']) => [name.toLowerCase(), value]),
    )
    const length = Number(headers['content-length'] ?? 0)
    answers.push({ status: Number(statusLine.split(' ')[1]), headers, body: rest.slice(end + 4, end + 4 + length) })
    rest = rest.slice(end + 4 + length)
  }
  return answers
}

/** Splits and expects exactly one. */
export function parseAnswer(text: string): RawAnswer {
  const [first, ...others] = parseAnswers(text)
  if (first === undefined || others.length > 0) throw new Error(`Not exactly one answer: ${text}`)
  return first
}
