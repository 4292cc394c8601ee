import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { checkAnswer } from './conformance.js'
import { type HttpAnswer, httpAnswer } from './https.js'
import type { TestServer } from './server.js'
import type { User } from './user.js'

const run = promisify(execFile)

export type Curl = (method: 'GET' | 'POST', url: string, ...args: readonly string[]) => Promise<HttpAnswer>

/** The curl command with the root CA of `server`, and with the certificate of `user` if there is one. */
export async function curlOf(server: TestServer, user?: User): Promise<Curl> {
  const identity = user ? await identityFiles(server, user) : []
  return async (method, url, ...args) => {
    const root = join(server.certsDir, 'root-ca.pem')
    const { stdout } = await run('curl', ['-sS', '-i', '-X', method, '--cacert', root, ...identity, ...args, url])
    const answer = parse(stdout)
    checkAnswer(method, url, answer)
    return answer
  }
}

async function identityFiles({ directory }: TestServer, { username, certificate, keyPem }: User) {
  const [cert, key] = [join(directory, `${username}.pem`), join(directory, `${username}.key`)]
  await writeFile(cert, certificate)
  await writeFile(key, keyPem, { mode: 0o600 })
  return ['--cert', cert, '--key', key]
}

function parse(output: string): HttpAnswer {
  const end = output.indexOf('\r\n\r\n')
  const [status = '', ...fields] = output.slice(0, end).split('\r\n')
  const headers = fields.map((field) => {
    const colon = field.indexOf(':')
    return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()]
  })
  return httpAnswer(Number(status.split(' ')[1]), Object.fromEntries(headers), output.slice(end + 4))
}
