import type { History } from '../../chaos/history/history.js'
import { createParty } from '../client/parties.js'
import { GoodHub } from './good-hub.js'

/** A conversation of three who talk over several connections; one leaves, a fourth is revoked. */
export async function goodHistory(): Promise<History> {
  const hub = new GoodHub()
  const [alice, bob, carol, dave] = ['alice', 'bob', 'carol', 'dave'].map((name) => createParty(hub.installation, name))
  if (!alice || !bob || !carol || !dave) throw new Error('four are made')
  const phones = [alice, bob, carol, dave].map((party) => hub.device(party, 'phone'))
  const [a, b, c, d] = phones
  const laptop = hub.device(alice, 'laptop')
  const second = hub.device(bob, 'laptop')
  if (!a || !b || !c || !d) throw new Error('each has a phone')
  for (const phone of phones) hub.connect(phone)
  hub.connect(second)
  hub.start(a)
  await hub.join(alice, bob)
  for (let index = 0; index < 6; index += 1) hub.send(index % 2 === 0 ? a : b, `said ${index}`)
  hub.ack(a, true)
  hub.where(a)
  hub.connect(a)
  hub.connect(laptop)
  hub.ack(b, false)
  await hub.join(bob, carol)
  await hub.join(alice, dave)
  hub.send(d, 'before')
  hub.revoke(d)
  for (let index = 0; index < 6; index += 1) hub.send(index % 2 === 0 ? b : c, `${index} was said`)
  hub.ack(c, true)
  hub.leave(c)
  hub.connect(b)
  for (let index = 0; index < 12; index += 1) hub.send(index % 2 === 0 ? a : laptop, `and ${index}`)
  for (const device of [a, b, c, laptop, second]) hub.settle(device)
  return hub.history()
}
