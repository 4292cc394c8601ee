import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from '../../scripts/free-port.js'
import { ask } from './ask.js'

const START_MS = 10_000
const MICROSECOND = 1000

/** The signer of CloudFlare's PKI toolkit under the users' CA and the server certificate of a Hermes. */
export class Cfssl {
  readonly #process: ChildProcess
  readonly port: number

  private constructor(process: ChildProcess, port: number) {
    this.#process = process
    this.port = port
  }

  /** Rejects with what to install where there is no such program. */
  static async start(directory: string, ca: string): Promise<Cfssl> {
    const port = await freePort()
    const config = join(directory, 'cfssl.json')
    await writeFile(config, JSON.stringify({ signing: { default: { usages: ['client auth'], expiry: '2160h' } } }))
    const file = (name: string) => join(directory, 'certs', name)
    const options = {
      address: '127.0.0.1',
      port: String(port),
      ca: file('users-ca.pem'),
      'ca-key': file('users-ca.key'),
      'tls-cert': file('server.pem'),
      'tls-key': file('server.key'),
      config,
      loglevel: '3',
    }
    const flags = Object.entries(options).map(([name, value]) => `-${name}=${value}`)
    const child = spawn('cfssl', ['serve', ...flags], { stdio: ['ignore', 'ignore', 'inherit'] })
    const failed = once(child, 'error').then(([cause]) => {
      throw new Error('cfssl cannot be run: install the package golang-cfssl', { cause })
    })
    const cfssl = new Cfssl(child, port)
    await Promise.race([failed, cfssl.#untilItAnswers(ca)])
    return cfssl
  }

  /** Microseconds of CPU of all its threads so far. */
  async cpu(): Promise<number> {
    const tasks = `/proc/${this.#process.pid}/task`
    const times = (await readdir(tasks)).map(async (task) => {
      const [nanoseconds] = (await readFile(join(tasks, task, 'schedstat'), 'utf8')).split(' ')
      return Number(nanoseconds) / MICROSECOND
    })
    return (await Promise.all(times)).reduce((sum, time) => sum + time, 0)
  }

  async stop(): Promise<void> {
    const exit = once(this.#process, 'exit')
    this.#process.kill()
    await exit
  }

  async #untilItAnswers(ca: string): Promise<void> {
    const deadline = performance.now() + START_MS
    for (;;) {
      const answered = await ask({ port: this.port, path: '/api/v1/cfssl/info', ca }, { label: '' }).catch(() => null)
      if (answered !== null) return
      if (performance.now() > deadline) throw new Error('cfssl serve does not answer')
      await pause(50)
    }
  }
}
