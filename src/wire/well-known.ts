import { z } from 'zod'
import { Fingerprint } from './formats.js'
import { ClientLimits } from './frames.js'

/** What the server asks of a locked private key (pki.md "Private key on the server"). */
export const EscrowPolicy = z
  .object({
    sha256Iterations: z.int().min(1).meta({ description: 'Least PBKDF2-HMAC-SHA256 iterations.', example: 600_000 }),
    sha512Iterations: z.int().min(1).meta({ description: 'Least PBKDF2-HMAC-SHA512 iterations.', example: 220_000 }),
  })
  .meta({ id: 'EscrowPolicy' })

/** `GET /.well-known/hermes`: what a client needs to know of the server before it registers or connects. */
export const ServerConfiguration = z
  .object({
    protocol: z.string().meta({ example: 'hermes.v1' }),
    identityUrl: z.string().meta({ format: 'uri', example: 'https://localhost:8443' }),
    hubUrl: z.string().meta({ format: 'uri', example: 'https://localhost:9443' }),
    rootFingerprint: Fingerprint,
    trustDomain: z.string().meta({ description: 'The part after @ in acct: names.', example: 'hermes.example' }),
    limits: ClientLimits,
    escrowPolicy: EscrowPolicy,
  })
  .meta({ id: 'ServerConfiguration' })
export type ServerConfiguration = z.infer<typeof ServerConfiguration>
