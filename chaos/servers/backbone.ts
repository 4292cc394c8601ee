import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Engine, startNats, startPostgres } from '../../scripts/programs/engines.js'
import { TcpProxy } from './proxy.js'

/** One of the servers that hubs share, and the way to it. */
export interface Part extends Engine {
  readonly proxy: TcpProxy
}

/** PostgreSQL and NATS, of this run alone. */
export interface Backbone {
  readonly postgres: Part
  readonly nats: Part
  /** What hubs are told of them. */
  readonly environment: Readonly<Record<string, string>>
  stop(): Promise<void>
}

export async function startBackbone(): Promise<Backbone> {
  const directory = await mkdtemp(join(tmpdir(), 'hermes-chaos-engines-'))
  const postgres = await behindProxy(await startPostgres(directory))
  const nats = await behindProxy(await startNats(directory))
  return {
    postgres,
    nats,
    environment: {
      HERMES_DATABASE_URL: throughProxy(postgres),
      HERMES_NATS_URL: throughProxy(nats),
    },
    stop: async () => {
      for (const engine of [postgres, nats]) {
        engine.proxy.close()
        await engine.end()
      }
      await rm(directory, { recursive: true, force: true })
    },
  }
}

async function behindProxy(engine: Engine): Promise<Part> {
  return { ...engine, proxy: await TcpProxy.start(() => engine.port) }
}

function throughProxy({ url, port, proxy }: Part): string {
  return url.replace(`:${port}`, `:${proxy.port}`)
}
