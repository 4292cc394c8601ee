import type { AddressInfo } from 'node:net'
import { Server as TlsServer } from 'node:tls'
import type { FastifyInstance } from 'fastify'
import { HermesError } from '../errors.js'

const REMEDIES: Readonly<Record<string, (variable: string) => string>> = {
  EADDRINUSE: (variable) => `is in use: stop what listens there, or set ${variable} (0 picks a free one)`,
  EACCES: (variable) => `needs privileges this process does not have: set ${variable} to 1024 or more`,
  EADDRNOTAVAIL: () => 'is not at an address of this machine: set HERMES_HOST to one',
}

/** Listens; answers the port. Throws `invalid_request` naming the variable and what to do. */
export async function bind(app: FastifyInstance, host: string, port: number, variable: string): Promise<number> {
  const isTls = app.server instanceof TlsServer
  try {
    await app.listen({
      host,
      port,
      listenTextResolver: (address) => `Listening at ${isTls ? address.replace('http:', 'https:') : address}`,
    })
  } catch (error) {
    const code = String((error as NodeJS.ErrnoException).code)
    const remedy = REMEDIES[code]?.(variable) ?? `cannot be listened on (${code}): set HERMES_HOST and ${variable}`
    throw new HermesError('invalid_request', `${variable}: ${host}:${port} ${remedy}`, { cause: error })
  }
  return (app.server.address() as AddressInfo).port
}
