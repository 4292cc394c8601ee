import { setImmediate as turn } from 'node:timers/promises'
import type { Status } from '@nats-io/transport-node'
import { connectOnce } from './connect.js'
import type { NatsOptions } from './options.js'

type Options = Pick<NatsOptions, 'servers' | 'caFile' | 'certFile' | 'keyFile' | 'credentialsFile' | 'prefix'>

/** What NATS is like for a node. */
export interface NatsFacts {
  /** Host and port of the server that answered. */
  readonly server: string
  readonly version: string
  /** What it does not let a node do, or null. */
  readonly refused: string | null
}

/** Connects, listens and publishes as a node does, and changes nothing. Rejects where NATS cannot be reached. */
export async function probeNats(options: Options): Promise<NatsFacts> {
  const connection = await connectOnce(options)
  const refusals: string[] = []
  const refused = (error: Error | null) => void (error && refusals.push(error.message))
  const complaints = (async () => {
    for await (const status of connection.status()) refused(errorOf(status))
  })()
  try {
    connection.subscribe(`${options.prefix}.control`, { callback: refused })
    // Ids begin at 1: nobody listens there.
    connection.publish(`${options.prefix}.conversation.0`, new Uint8Array())
    await connection.flush()
    // What it refuses it says before it answers.
    await turn()
    const { version = 'unknown' } = connection.info ?? {}
    return { server: connection.getServer(), version, refused: refusals[0] ?? null }
  } finally {
    await connection.close()
    await complaints
  }
}

function errorOf(status: Status): Error | null {
  return status.type === 'error' ? status.error : null
}
