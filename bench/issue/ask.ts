import { request } from 'node:https'

export interface Target {
  readonly port: number
  readonly path: string
  readonly ca: string
  /** By default POST. */
  readonly method?: 'GET'
  /** The client certificate and its key, PEM. */
  readonly cert?: string
  readonly key?: string
}

/** The status of the answer to one request, over a connection of its own. */
export function ask(target: Target, body?: object): Promise<number> {
  const headers = { 'content-type': 'application/json' }
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: 'localhost', method: 'POST', agent: false, headers, ...target }, (answer) => {
      answer.on('error', reject)
      answer.on('end', () => resolve(answer.statusCode ?? 0))
      answer.resume()
    })
    outgoing.on('error', reject)
    outgoing.end(body && JSON.stringify(body))
  })
}
