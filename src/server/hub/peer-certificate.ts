import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { fingerprintOf } from '../../pki/fingerprint.js'

export interface PeerCertificate {
  readonly der: Uint8Array
  readonly fingerprint: string
}

const known = new WeakMap<Duplex, PeerCertificate>()

/**
 * The client certificate whose key the TLS handshake proved, from the peer's DER, on a resumed session too (the
 * ticket carries it); null if the client showed none. Whether it is good is not said.
 */
export function peerCertificate(socket: Duplex): PeerCertificate | null {
  const cached = known.get(socket)
  if (cached) return cached
  if (!(socket instanceof TLSSocket)) return null
  const der = socket.getPeerX509Certificate()?.raw
  if (!der) return null
  const peer = { der, fingerprint: fingerprintOf(der) }
  known.set(socket, peer)
  return peer
}
