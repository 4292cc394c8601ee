import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Actions, Order, Report } from './user.js'

type Facts<A extends keyof Actions> = Awaited<ReturnType<Actions[A]>>
type Parameters<A extends keyof Actions> = Actions[A] extends () => unknown ? [] : [Parameter<Actions[A]>]
type Parameter<F> = F extends (parameters: infer P) => unknown ? P : never

interface Waiting {
  resolve(facts: unknown): void
  reject(error: Error): void
}

/** A user's client in a process of its own: nothing is shared with the server or the other users. */
export class UserProcess {
  readonly name: string
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, Waiting>()
  readonly #exited: Promise<void>
  #nextId = 1

  constructor(name: string) {
    this.name = name
    this.#child = fork(fileURLToPath(new URL('./user.ts', import.meta.url)), { execArgv: ['--import=tsx'] })
    this.#child.on('message', (report: Report) => this.#settle(report))
    this.#exited = new Promise((resolve) => {
      this.#child.once('exit', () => {
        for (const waiting of this.#waiting.values()) waiting.reject(new Error(`${name}: the process ended`))
        resolve()
      })
    })
  }

  /** Has the user do something; rejects with his word when it fails. */
  do<A extends keyof Actions>(action: A, ...[parameters]: Parameters<A>): Promise<Facts<A>> {
    const order: Order = { id: this.#nextId++, action, parameters }
    return new Promise<Facts<A>>((resolve, reject) => {
      this.#waiting.set(order.id, { resolve: (facts) => resolve(facts as Facts<A>), reject })
      this.#child.send(order)
    })
  }

  async end(): Promise<void> {
    this.#child.kill()
    await this.#exited
  }

  #settle(report: Report): void {
    const waiting = this.#waiting.get(report.id)
    this.#waiting.delete(report.id)
    if ('failure' in report) waiting?.reject(new Error(`${this.name}: ${report.failure}`))
    else waiting?.resolve(report.facts)
  }
}
