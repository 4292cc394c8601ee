import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

/** A server in a process of its own, so that its CPU time is its alone. */
export class Child {
  readonly #process: ChildProcess
  readonly port: number

  private constructor(process: ChildProcess, port: number) {
    this.#process = process
    this.port = port
  }

  /** Starts a script that sends `{port}` when it listens and answers `cpu` with `{cpu}` in microseconds. */
  static async start(script: URL, directory: string): Promise<Child> {
    const child = fork(script, [directory], {
      execArgv: ['--import=tsx'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    const [{ port }] = (await once(child, 'message')) as [{ port: number }]
    return new Child(child, port)
  }

  /** Microseconds of CPU, user and system, of all its threads so far. */
  async cpu(): Promise<number> {
    this.#process.send('cpu')
    const [{ cpu }] = (await once(this.#process, 'message')) as [{ cpu: number }]
    return cpu
  }

  async stop(): Promise<void> {
    const exit = once(this.#process, 'exit')
    this.#process.kill('SIGTERM')
    await exit
  }
}

/** The other side: answers what Child asks. */
export function serveParent(port: number, stop: () => Promise<void>): void {
  process.on('message', (message) => {
    if (message !== 'cpu') return
    const { user, system } = process.cpuUsage()
    process.send?.({ cpu: user + system })
  })
  process.on('SIGTERM', () => {
    void stop().finally(() => process.exit(0))
  })
  process.send?.({ port })
}
