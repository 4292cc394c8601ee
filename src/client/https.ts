import { type RequestOptions, request } from 'node:https'
import type { z } from 'zod'
import { refusalFromHttp } from './refusal.js'

/** No answer of the identity listener comes near. */
const ANSWER_BYTES_MAX = 1024 * 1024
const TIMEOUT_MS = 30_000

interface Answer {
  readonly status: number
  readonly text: string
  readonly retryAfter: string | undefined
}

export interface Call<S extends z.ZodType> {
  readonly url: URL
  /** PEM of the certificates that may have issued the server's. */
  readonly ca: string
  /** Sent as JSON by POST; without it the call is a GET. */
  readonly body?: object
  readonly schema: S
}

/**
 * One call on a connection of its own: the answer as JSON that fits `schema`.
 * Throws Refusal for a status of 400 and above, Error when there is no answer or one of another shape.
 */
export async function callJson<S extends z.ZodType>({ url, ca, body, schema }: Call<S>): Promise<z.output<S>> {
  const answer = await exchange(url, ca, body, 'application/json')
  const parsed = schema.safeParse(JSON.parse(answer.text))
  if (parsed.success) return parsed.data
  throw new Error(`${url.pathname} answered what the protocol does not allow: ${parsed.error.issues[0]?.message}`)
}

/** The text of a PEM resource. */
export async function getPem(url: URL, ca: string): Promise<string> {
  return (await exchange(url, ca, undefined, 'application/x-pem-file')).text
}

async function exchange(url: URL, ca: string, body: object | undefined, accept: string): Promise<Answer> {
  const payload = body === undefined ? undefined : JSON.stringify(body)
  const options: RequestOptions = {
    method: payload === undefined ? 'GET' : 'POST',
    ca,
    minVersion: 'TLSv1.2',
    agent: false,
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: { accept, ...(payload !== undefined && { 'content-type': 'application/json' }) },
  }
  const answer = await send(url, options, payload)
  if (answer.status < 300) return answer
  throw refusalFromHttp(answer.status, answer.text, answer.retryAfter)
}

function send(url: URL, options: RequestOptions, payload: string | undefined): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, options, (incoming) => {
      const chunks: Buffer[] = []
      let bytes = 0
      incoming.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        bytes += chunk.length
        if (bytes > ANSWER_BYTES_MAX) incoming.destroy(new Error(`the answer is over ${ANSWER_BYTES_MAX} bytes`))
      })
      incoming.on('error', reject)
      incoming.on('end', () => {
        const { statusCode: status = 0, headers } = incoming
        resolve({ status, text: Buffer.concat(chunks).toString(), retryAfter: headers['retry-after'] })
      })
    })
    outgoing.on('error', reject)
    outgoing.end(payload)
  })
}
