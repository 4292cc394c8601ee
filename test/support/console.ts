import { once } from 'node:events'
import { request } from 'node:http'
import { relative } from 'node:path'
import { text } from 'node:stream/consumers'
import { type HttpAnswer, httpAnswer } from './https.js'
import type { TestServer } from './server.js'
import type { User } from './user.js'

/** What is asked on the server's own machine, through its socket. */
export async function atConsole(
  { directory }: TestServer,
  method: 'GET' | 'POST',
  path: string,
  body?: object,
): Promise<HttpAnswer> {
  const socketPath = relative('.', `${directory}/hermes.db.sock`)
  const outgoing = request({ socketPath, method, path, agent: false, headers: { 'content-type': 'application/json' } })
  outgoing.end(body && JSON.stringify(body))
  const [incoming] = await once(outgoing, 'response')
  return httpAnswer(incoming.statusCode, incoming.headers, await text(incoming))
}

export async function grant(server: TestServer, { username }: User, role: 'user' | 'administrator'): Promise<void> {
  const answer = await atConsole(server, 'POST', `/admin/users/${username}/grant`, { role })
  if (answer.status !== 200) throw new Error(`grant ${username}: ${answer.status} ${answer.text}`)
}
