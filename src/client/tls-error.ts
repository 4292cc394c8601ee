import { ClientError } from './client-error.js'
import { VerificationError } from './verification-error.js'

/** What OpenSSL and Node say of a chain that does not end at the pinned root, or of another name. */
const UNTRUSTED =
  /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_|INVALID_|PATH_LENGTH_|ERR_TLS_CERT_ALTNAME_INVALID$|ERROR_IN_CERT_)/

/** Why there is no connection: a server that is not the one pinned, or none at all. */
export function connectionError(url: URL, error: Error): VerificationError | ClientError {
  const { code = '' } = error as NodeJS.ErrnoException
  if (UNTRUSTED.test(code))
    return new VerificationError(
      'server_untrusted',
      `${url.host} shows a certificate that the pinned root did not issue for it (${code}): ${error.message}`,
      { cause: error },
    )
  return new ClientError('unreachable', `${url.host} cannot be reached: ${error.message}`, { cause: error })
}
