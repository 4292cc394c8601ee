import type { Test } from 'tap'
import { freePort } from '../../scripts/free-port.js'
import { type AdminCommandLine, adminIn } from './admin-command.js'
import { buildCommand } from './build.js'
import { asTestServer, type ServeProcess, serve, temporaryFolder } from './serve-process.js'
import type { TestServer } from './server.js'

export interface Place {
  readonly directory: string
  readonly command: string
  readonly admin: AdminCommandLine
  /** Ends the server that runs, without a word, and starts another. */
  readonly restart: () => Promise<TestServer>
}

/** An installation whose server can be killed and started again; certificates say where to ask of revocation. */
export async function place(t: Test): Promise<Place> {
  const [directory, command] = [await temporaryFolder(t), await buildCommand()]
  let running: ServeProcess | null = null
  let ports: Readonly<Record<string, string>> = {
    HERMES_PKI_HTTP_PORT: String(await freePort()),
    HERMES_REQUESTS_PER_SECOND: '0',
  }
  const restart = async () => {
    running?.child.kill('SIGKILL')
    await running?.ended
    running = await serve(t, { directory, environment: ports })
    const server = await asTestServer(running, directory)
    ports = {
      ...ports,
      HERMES_IDENTITY_PORT: new URL(running.identityUrl).port,
      HERMES_HUB_PORT: new URL(running.hubUrl).port,
    }
    return { ...server, pkiUrl: `http://localhost:${ports.HERMES_PKI_HTTP_PORT}` }
  }
  const admin: AdminCommandLine = (...args) => adminIn(directory, command, ports)(...args)
  return { directory, command, admin, restart }
}
