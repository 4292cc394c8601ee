import { HermesError } from '../../errors.js'
import { NoParams, WhoamiResult } from '../../wire/operations.js'
import { operation } from './operation.js'

export const whoami = operation({
  name: 'whoami',
  method: 'whoami',
  summary: 'Who am I',
  description: 'The identity that the client certificate proves.',
  params: NoParams,
  result: WhoamiResult,
  route: { method: 'GET', path: '/me' },
  errors: [],
  handle: async ({ hub, caller }, _params, reply) => {
    const record = await hub.identities.findByFingerprint(caller.actor.fingerprint)
    if (!record) throw new HermesError('certificate_unknown')
    const { role, deletionAt } = record.user
    const scheduled = deletionAt && { deletionAt: deletionAt.toISOString() }
    reply({ result: { identity: hub.toIdentity(record), device: caller.actor.device, role, ...scheduled } })
  },
})
