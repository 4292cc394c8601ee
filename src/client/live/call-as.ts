import { ClientError } from '../client-error.js'
import { type Home, selfOf } from '../home.js'
import { createHubRest, type SettleMethod } from '../hub-rest.js'
import type { ParamsOf, ResultOf } from '../methods.js'
import { Refusal } from '../refusal.js'
import { ownCertificate } from '../renewal.js'
import type { HubLink } from './hub-link.js'

/**
 * Acts on an invitation under the certificate that it names: its parties stay those who it says they are, though
 * their certificates are renewed. Where that is an earlier one, which is good to its own end, it goes by REST.
 */
export async function callAs<M extends SettleMethod>(
  home: Home,
  link: HubLink,
  fingerprint: string,
  method: M,
  params: ParamsOf<M>,
): Promise<ResultOf<M>> {
  try {
    return await link.call(method, params)
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'certificate_mismatch') throw error
  }
  const own = await ownCertificate(home, fingerprint)
  if (!own || own.notAfter <= home.now())
    throw new ClientError(
      'key_missing',
      `the invitation is under ${fingerprint}, which ${selfOf(home).username} has no more`,
    )
  const { hubUrl: url, device } = home.profile
  return createHubRest({ url, rootPem: home.authorities.pin.rootPem, device, own }).settle(method, params)
}
