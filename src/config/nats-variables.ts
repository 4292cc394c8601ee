import { integer, list, text, variable } from './fields.js'

/** An address of NATS; what is wrong with one is said without it, since it may hold a password. */
function isAddress(value: string): boolean {
  if (!URL.canParse(value)) return false
  const { protocol, hostname, pathname } = new URL(value)
  return ['nats:', 'tls:'].includes(protocol) && hostname !== '' && ['', '/'].includes(pathname)
}

const addresses = list
  .refine((urls) => urls.length > 0, 'must name at least one server')
  .refine((urls) => urls.every(isAddress), 'must be URLs that begin with nats:// or tls://')
  .refine((urls) => new Set(urls.map(schemeOf)).size === 1, 'must be all nats:// or all tls://')

function schemeOf(url: string): string {
  return url.slice(0, url.indexOf(':'))
}

/** Of several nodes. */
export const NATS_VARIABLES = {
  HERMES_NATS_URL: variable(
    addresses,
    null,
    'NATS servers of a cluster, separated by commas: nats:// or tls://, with user:password@ of the first where need be; with it several nodes work on one PostgreSQL',
  ),
  HERMES_NATS_CA_FILE: variable(
    text,
    null,
    'Certificates (PEM) of who vouches for NATS; by default those that Node.js trusts',
  ),
  HERMES_NATS_CERT_FILE: variable(text, null, 'Certificate (PEM) that this node shows NATS'),
  HERMES_NATS_KEY_FILE: variable(text, null, 'Key (PEM) of that certificate'),
  HERMES_NATS_CREDENTIALS_FILE: variable(text, null, 'Credentials file (JWT and seed) for NATS'),
  HERMES_NATS_INLINE_BYTES: variable(
    integer(0, 1_048_576),
    '65536',
    'Longest event that goes through NATS; other nodes read longer ones from the store',
  ),
  HERMES_NATS_BUFFER_BYTES: variable(
    integer(1_048_576, 1_073_741_824),
    '16777216',
    'Bytes on the way to NATS; beyond them events are not sent, and other nodes find them in the store',
  ),
  HERMES_POLL_SECONDS: variable(
    integer(1, 3600),
    '15',
    'Seconds between two looks of a node at the store for what NATS may have lost; one while NATS is away',
  ),
} as const
