import { GRANT } from '../../../bus/nats/grant.js'
import { type Check, type Facts, failure, ok } from '../facts.js'

const REMEDY =
  'start it, or mend HERMES_NATS_URL and its files; until then nodes hear of each other from the database alone'

/** Nothing where no other nodes are heard through it. */
export function nats({ nats: found }: Facts): readonly Check[] {
  if (found === null) return []
  if ('problem' in found) return [failure('NATS', `it cannot be used: ${found.problem}`, REMEDY)]
  const { server, version, refused } = found.value
  if (refused === null) return [ok('NATS', `version ${version} answers at ${server}`)]
  return [failure('NATS', refused, GRANT)]
}
