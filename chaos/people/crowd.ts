import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from '../random.js'
import { register } from './account.js'
import { act, attempt } from './acts.js'
import { Device } from './device.js'
import { Person } from './person.js'
import type { World } from './world.js'

const DEVICES = ['phone', 'laptop', 'desk'] as const
/** More do not come while so many are there. */
const PEOPLE_MAX = 14
const ARRIVAL_MS = 20_000
const RETRY_MS = 500

export interface CrowdOptions {
  readonly people: number
  /** Milliseconds between two acts of one device, on average. */
  readonly pauseMs: number
}

/** All who use the servers. */
export class Crowd {
  /** Rejects when something fails that is no fault of a server: a mistake in this program. */
  readonly failure: Promise<never>
  readonly #world: World
  readonly #random: Random
  readonly #options: CrowdOptions
  /** What goes on until everybody settles. */
  readonly #acting: Promise<void>[] = []
  #fail: (cause: unknown) => void = () => {}
  #names = 0

  constructor(world: World, random: Random, options: CrowdOptions) {
    this.#world = world
    this.#random = random
    this.#options = options
    this.failure = new Promise((_, reject) => {
      this.#fail = reject
    })
  }

  /** The first of them, before anything breaks. */
  async gather(): Promise<void> {
    await Promise.all(Array.from({ length: this.#options.people }, () => this.#admit()))
    this.#acting.push(this.#watched(this.#grow()))
  }

  /** Resolves when nobody does anything of his own any more. */
  async rest(): Promise<void> {
    this.#world.isSettling = true
    // Whoever comes last brings what he does.
    for (let done = 0; done < this.#acting.length; ) {
      done = this.#acting.length
      await Promise.all(this.#acting)
    }
  }

  async #grow(): Promise<void> {
    while (!this.#world.isSettling) {
      await pause(Math.min(this.#random.pause(ARRIVAL_MS), 2 * ARRIVAL_MS))
      if (this.#world.present.length < PEOPLE_MAX && !this.#world.isSettling) await this.#admit()
    }
  }

  async #admit(): Promise<void> {
    this.#names += 1
    const person = new Person(this.#world, `user-${this.#names}`, this.#random.fork())
    const names = DEVICES.slice(0, person.random.int(1, DEVICES.length))
    for (const name of names) person.devices.push(new Device(person, name))
    this.#world.people.push(person)
    const [first] = person.devices
    while (first && !person.credentials && !this.#world.isSettling) {
      await attempt(first, register)
      if (!person.credentials) await pause(RETRY_MS)
    }
    for (const device of person.devices) this.#animate(device)
  }

  #animate(device: Device): void {
    void this.#watched(device.stayConnected())
    void this.#watched(device.keepAcknowledging())
    this.#acting.push(this.#watched(act(device, this.#options.pauseMs)))
  }

  #watched(going: Promise<void>): Promise<void> {
    return going.catch(this.#fail)
  }
}
