import { setImmediate as turn } from 'node:timers/promises'
import { ClientError, HermesClient, type Invitation } from '../../client/index.js'
import { allConfirmed } from './confirmed.js'
import { tellNotices } from './tell-notices.js'

export interface JoinTarget {
  readonly url: string
  readonly rootFingerprint: string
  readonly device?: string
}

/** The client of one command: opened once, closed with the command. */
export class Session {
  readonly profile: string
  readonly directory: string
  readonly #keyPassword: () => Promise<string>
  #client: Promise<HermesClient> | null = null
  #connected: Promise<HermesClient> | null = null
  #told: Promise<void> | null = null

  /** `keyPassword` is asked where the key is locked. */
  constructor(profile: string, directory: string, keyPassword: () => Promise<string>) {
    this.profile = profile
    this.directory = directory
    this.#keyPassword = keyPassword
  }

  join(target: JoinTarget): Promise<HermesClient> {
    this.#client = HermesClient.join({ directory: this.directory, ...target })
    return this.#client
  }

  /** Asks nothing of the network. */
  open(): Promise<HermesClient> {
    this.#client ??= this.#open()
    return this.#client
  }

  /** With all conversations as the hub has them now; what a person should hear of is told on stderr. */
  async connect(): Promise<HermesClient> {
    const client = await this.open()
    this.#told ??= tellNotices(client)
    return this.connectUntold()
  }

  /** The same for a command that reads the notices itself. */
  connectUntold(): Promise<HermesClient> {
    this.#connected ??= this.open().then(async (client) => {
      await client.connect()
      await allConfirmed(client)
      return client
    })
    return this.#connected
  }

  async close(): Promise<void> {
    await (await this.#client?.catch(() => null))?.close()
    await this.#told
  }

  async #open(): Promise<HermesClient> {
    const { directory } = this
    try {
      return await HermesClient.open({ directory })
    } catch (error) {
      if (!(error instanceof ClientError) || error.code !== 'key_locked') throw error
      return HermesClient.open({ directory, keyPassword: await this.#keyPassword() })
    }
  }
}

/** Invitations that wait for an answer. Nobody else reads them. */
export async function openInvitations(client: HermesClient): Promise<readonly Invitation[]> {
  const open: Invitation[] = []
  void (async () => {
    for await (const invitation of client.invitations()) open.push(invitation)
  })()
  // Those that there are wait in memory, and come without a turn of the event loop.
  await turn()
  return open.filter(({ state }) => state === 'open')
}
