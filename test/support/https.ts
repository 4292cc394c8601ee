import { request as httpsRequest, type RequestOptions } from 'node:https'

export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  /** The body as JSON; throws if it is none. */
  json<T = Record<string, unknown>>(): T
}

/** One request on a connection of its own. `body` is sent as JSON. */
export function request(url: string, options: RequestOptions, body?: unknown): Promise<HttpAnswer> {
  const payload = body === undefined ? undefined : JSON.stringify(body)
  const headers = { ...(payload !== undefined && { 'content-type': 'application/json' }), ...options.headers }
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest(url, { agent: false, ...options, headers }, (incoming) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('error', reject)
      incoming.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, json: () => JSON.parse(text) })
      })
    })
    outgoing.on('error', reject)
    outgoing.end(payload)
  })
}
