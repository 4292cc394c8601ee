import type { KeyObject } from 'node:crypto'
import { type RequestOptions, request } from 'node:https'
import type { z } from 'zod'
import { refusalFromHttp } from './refusal.js'
import { connectionError } from './tls-error.js'
import { VerificationError } from './verification-error.js'

/** No answer that is asked for comes near. */
const ANSWER_BYTES_MAX = 1024 * 1024
const TIMEOUT_MS = 30_000

interface Answer {
  readonly status: number
  readonly body: Buffer
  readonly retryAfter: string | undefined
}

/** What this side shows to the hub: certificate (PEM) and private key. */
export interface ClientCertificate {
  readonly certificate: string
  readonly key: KeyObject
}

interface Request {
  readonly url: URL
  /** PEM of the certificates that may have issued the server's; null takes any, for what is checked by its hash. */
  readonly ca: string | null
  /** Sent as JSON by POST; without it the call is a GET. */
  readonly body?: object
  readonly own?: ClientCertificate
}

export interface Call<S extends z.ZodType> extends Request {
  readonly schema: S
}

/**
 * One call on a connection of its own: the answer as JSON that fits `schema`. Throws Refusal for a status of 400
 * and above, VerificationError for a server of another CA or an answer of another shape, ClientError
 * `unreachable` when there is no answer.
 */
export async function callJson<S extends z.ZodType>({ schema, ...call }: Call<S>): Promise<z.output<S>> {
  const answer = await exchange(call, 'application/json')
  const parsed = schema.safeParse(parseJson(answer.body.toString()))
  if (parsed.success) return parsed.data
  const why = parsed.error.issues[0]?.message
  throw new VerificationError(
    'answer_invalid',
    `${call.url.pathname} answered what the protocol does not allow: ${why}`,
  )
}

/** The same for a call that is answered with 204. */
export async function callEmpty(call: Request): Promise<void> {
  await exchange(call, 'application/json')
}

/** The text of a PEM resource. */
export async function getPem(url: URL, ca: string | null): Promise<string> {
  return (await exchange({ url, ca }, 'application/x-pem-file')).body.toString()
}

/** The DER of a CRL [RFC 2585 4.2]. */
export async function getCrl(url: URL, ca: string): Promise<Uint8Array> {
  return (await exchange({ url, ca }, 'application/pkix-crl')).body
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function exchange(call: Request, accept: string): Promise<Answer> {
  const payload = call.body === undefined ? undefined : JSON.stringify(call.body)
  const answer = await send(call.url, optionsOf(call, accept), payload).catch((error: Error) => {
    throw connectionError(call.url, error)
  })
  if (answer.status < 300) return answer
  throw refusalFromHttp(answer.status, answer.body.toString(), answer.retryAfter)
}

function optionsOf({ ca, body, own }: Request, accept: string): RequestOptions {
  return {
    method: body === undefined ? 'GET' : 'POST',
    ...(ca === null ? { rejectUnauthorized: false } : { ca }),
    ...(own && { cert: own.certificate, key: own.key.export({ type: 'pkcs8', format: 'pem' }) }),
    minVersion: 'TLSv1.2',
    agent: false,
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: { accept, ...(body !== undefined && { 'content-type': 'application/json' }) },
  }
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
        resolve({ status, body: Buffer.concat(chunks), retryAfter: headers['retry-after'] })
      })
    })
    outgoing.on('error', reject)
    outgoing.end(payload)
  })
}
