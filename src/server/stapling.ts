import type { Server } from 'node:net'
import { callbackify } from 'node:util'
import type { Logger } from 'pino'
import type { Staple } from '../identity/revocation/staple.js'

type Callback = (error: Error | null, der: Buffer | null) => void

/** Answers clients that ask for a certificate status in the handshake [RFC 6066 8]; without one it goes on. */
export function stapleOcsp(server: Server, staple: Staple, logger: Logger): void {
  const answer = callbackify((certificate: Buffer) =>
    staple(certificate).catch((error: unknown) => {
      logger.error({ err: error }, 'There is no OCSP answer to staple')
      return null
    }),
  )
  server.on('OCSPRequest', (certificate: Buffer, _issuer: Buffer, callback: Callback) => answer(certificate, callback))
}
