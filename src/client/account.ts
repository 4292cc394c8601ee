import type { z } from 'zod'
import type { AuditList } from '../wire/administration.js'
import type { WhoamiResult } from '../wire/operations.js'
import type { RevokeOwnRequest } from '../wire/upkeep.js'
import { openKey } from './credentials.js'
import { type Home, selfOf } from './home.js'
import { checkKeyPassword, checkNewPassword } from './passwords.js'
import { Refusal } from './refusal.js'
import { finishRenewal, hubRestOf, renewNewKey, renewSameKey } from './renewal.js'

/** The upkeep of one's own account. What the server refuses rejects with Refusal. */
export class Account {
  readonly #home: Home

  /** @internal */
  constructor(home: Home) {
    this.#home = home
  }

  /**
   * Who the server says this device is: identity, device, role, and when a deletion of the account is due.
   *
   * @example
   * const { identity, device, role } = await client.account.whoami()
   * console.log(`${identity.username} on ${device}, ${role}, until ${identity.notAfter}`)
   */
  whoami(): Promise<z.output<typeof WhoamiResult>> {
    return hubRestOf(this.#home).whoami()
  }

  /**
   * Renews the certificate: do it at two thirds of its life, at the latest 30 days after its end.
   * With `keyPassword` the key is replaced too: the server keeps the new one locked with that password, and the old
   * certificate ends in ten minutes, so other devices must log in anew.
   *
   * Rejects with ClientError `key_missing` when another device has replaced the key, and `password_unfit`.
   *
   * @example
   * await client.account.renew()
   */
  async renew({ keyPassword }: { readonly keyPassword?: string } = {}): Promise<void> {
    const pending = await this.#home.state.pendingRenewal.read()
    if (pending) await finishRenewal(this.#home, pending, openKey(pending.key, keyPassword))
    else if (keyPassword === undefined) await renewSameKey(this.#home)
    else {
      checkKeyPassword(keyPassword, '')
      await renewNewKey(this.#home, keyPassword)
    }
  }

  /**
   * Changes the password for the server. Refuses one that opens the locked key, with ClientError `passwords_equal`.
   *
   * @example
   * await client.account.changePassword({ password: 'a long server password', newPassword: 'a longer server password' })
   */
  async changePassword({ password, newPassword }: { readonly password: string; readonly newPassword: string }) {
    const { username } = selfOf(this.#home)
    const { identities } = this.#home
    const locked = await identities.fetchMy({ username, password }).catch((error: unknown) => {
      if (error instanceof Refusal && error.code === 'no_private_key') return null
      throw error
    })
    if (locked) checkNewPassword(newPassword, locked.encryptedPrivateKey)
    await identities.changePassword({ username, password, newPassword })
  }

  /**
   * Revokes the certificate of this device: from then on it opens nothing. `keyCompromise` bars the key for good.
   *
   * @example
   * await client.account.revoke('cessationOfOperation')
   */
  async revoke(reason: z.infer<typeof RevokeOwnRequest>['reason'] = 'unspecified'): Promise<void> {
    await hubRestOf(this.#home).revoke({ reason })
  }

  /**
   * A page of what was done with the account, oldest first; `after` is the `seq` of the last row read (0 for all),
   * `limit` 100 by default and 500 at most.
   *
   * @example
   * const { entries } = await client.account.audit({ after: 0 })
   * for (const { at, action } of entries) console.log(at, action)
   */
  audit(page: { readonly after?: number; readonly limit?: number } = {}): Promise<AuditList> {
    return hubRestOf(this.#home).audit(page)
  }
}
