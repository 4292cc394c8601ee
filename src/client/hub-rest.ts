import type { z } from 'zod'
import { AuditList } from '../wire/administration.js'
import { Identity } from '../wire/identity.js'
import { WhoamiResult } from '../wire/operations.js'
import type { RenewRequest, RevokeOwnRequest } from '../wire/upkeep.js'
import type { Credentials } from './credentials.js'
import { callEmpty, callJson } from './https.js'
import { METHODS, type ParamsOf, type ResultOf } from './methods.js'

/** What the two parties of an invitation do. */
export type SettleMethod = 'accept' | 'confirm' | 'decline' | 'cancel'

export interface HubRestOptions {
  /** URL of the hub listener. */
  readonly url: string
  readonly rootPem: string
  readonly device: string
  readonly own: Credentials
}

/** What the hub does by REST alone, for the holder of a certificate. */
export interface HubRest {
  whoami(): Promise<z.output<typeof WhoamiResult>>
  renew(request: RenewRequest): Promise<Identity>
  revoke(request: RevokeOwnRequest): Promise<void>
  /** An operation on an invitation that names the certificate of `own`. */
  settle<M extends SettleMethod>(method: M, params: ParamsOf<M>): Promise<ResultOf<M>>
  audit(query: { readonly after?: number; readonly limit?: number }): Promise<AuditList>
}

export function createHubRest({ url, rootPem: ca, device, own }: HubRestOptions): HubRest {
  const at = (path: string, query: object = {}) => {
    const target = new URL(path, url)
    for (const [name, value] of Object.entries({ device, ...query })) target.searchParams.set(name, String(value))
    return target
  }
  return {
    whoami: () => callJson({ url: at('/me'), ca, own, schema: WhoamiResult }),
    renew: (body) => callJson({ url: at('/renew'), ca, own, body, schema: Identity }),
    revoke: (body) => callEmpty({ url: at('/revoke'), ca, own, body }),
    settle: async (method, { invitation, ...body }) => {
      const answer = await callJson({
        url: at(`/invitations/${invitation}/${method}`),
        ca,
        own,
        body,
        schema: METHODS[method].result,
      })
      return answer as ResultOf<typeof method>
    },
    audit: (query) => callJson({ url: at('/me/audit', query), ca, own, schema: AuditList }),
  }
}
