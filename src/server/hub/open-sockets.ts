import type { Socket } from 'node:net'
import { HermesError } from '../../errors.js'

/** The sockets that each user holds open, whatever goes on in them: half-sent requests take memory too. */
export class OpenSockets {
  readonly #max: number
  readonly #byUser = new Map<number, Set<Socket>>()

  /** `max`: of one user; 0 is no limit. */
  constructor(max: number) {
    this.#max = max
  }

  /** The user of a socket is known. Throws `quota_exceeded` where he has too many; the socket is to be closed then. */
  admit(userId: number, socket: Socket): void {
    const open = this.#byUser.get(userId) ?? new Set()
    if (socket.destroyed || open.has(socket)) return
    if (this.#max !== 0 && open.size >= this.#max) throw tooMany(this.#max)
    this.#byUser.set(userId, open.add(socket))
    socket.once('close', () => {
      open.delete(socket)
      if (open.size === 0) this.#byUser.delete(userId)
    })
  }
}

function tooMany(limit: number): HermesError {
  const sentence = `A user may have at most ${limit} sockets open; close one (HERMES_SOCKETS_PER_USER)`
  return new HermesError('quota_exceeded', sentence, { data: { limit, quota: 'sockets' } })
}
