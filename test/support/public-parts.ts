import type { X509Certificate } from 'node:crypto'
import { request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { connect } from 'node:tls'

/** What the plain-HTTP listener has at a URL. */
export function published(url: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    request(url, { agent: false }, (incoming) => resolve(buffer(incoming)))
      .on('error', reject)
      .end()
  })
}

/** The certificate that a listener shows. */
export function shown(url: string): Promise<X509Certificate> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: Number(new URL(url).port), rejectUnauthorized: false }, () => {
      const certificate = socket.getPeerX509Certificate()
      socket.destroy()
      if (certificate) resolve(certificate)
      else reject(new Error(`${url} shows no certificate`))
    }).on('error', reject)
  })
}
