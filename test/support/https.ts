import { Agent, request as httpsRequest, type RequestOptions } from 'node:https'
import { checkAnswer } from './conformance.js'

export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  /** The body as JSON; throws if it is none. */
  json<T = Record<string, unknown>>(): T
}

/** Header fields as one object. */
type Options = Omit<RequestOptions, 'headers'> & { readonly headers?: Readonly<Record<string, string>> }

/** For tests of thousands of requests, most of whose time would go into handshakes. */
export const KEEPING_CONNECTIONS = new Agent({ keepAlive: true })

/**
 * One request, without an `agent` on a connection of its own. `body` is sent as JSON, a Buffer as it is. Rejects when
 * the answer is none that openapi.yaml gives.
 */
export async function request(url: string, options: Options, body?: unknown): Promise<HttpAnswer> {
  const payload = body === undefined || Buffer.isBuffer(body) ? body : JSON.stringify(body)
  const headers = { ...(typeof payload === 'string' && { 'content-type': 'application/json' }), ...options.headers }
  const answer = await exchange(url, { agent: false, ...options, headers }, payload)
  checkAnswer(options.method ?? 'GET', url, answer)
  return answer
}

function exchange(url: string, options: RequestOptions, payload: string | Buffer | undefined): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest(url, options, (incoming) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('error', reject)
      incoming.on('end', () =>
        resolve(httpAnswer(incoming.statusCode ?? 0, incoming.headers, Buffer.concat(chunks).toString())),
      )
    })
    outgoing.on('error', reject)
    outgoing.end(payload)
  })
}

export function httpAnswer(status: number, headers: HttpAnswer['headers'], text: string): HttpAnswer {
  return { status, headers, text, json: () => JSON.parse(text) }
}
