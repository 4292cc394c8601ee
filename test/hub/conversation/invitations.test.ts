import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { Invitations } from '../../../src/hub/conversation/invitations.js'
import type { Invitation } from '../../../src/hub/conversation/state.js'
import type { InvitationId } from '../../../src/wire/formats.js'

const PARTY = { userId: 1, username: 'alice', fingerprint: `sha256:${'a'.repeat(64)}` }

function invitation(invitedSeq: number): Invitation {
  return {
    id: randomUUID() as InvitationId,
    state: 'invited',
    inviter: PARTY,
    invitee: PARTY,
    expiresAt: '2030-01-01T00:00:00Z',
    challenge: '',
    attachment: '-',
    roster: '-',
    rosterSeq: 1,
    invitedSeq,
    acceptance: null,
    confirmation: null,
    endedSeq: null,
    reason: null,
  }
}

const ended = (open: Invitation, endedSeq: number): Invitation => ({ ...open, state: 'cancelled', endedSeq })

/** Begins an invitation, or ends the one whose place it is; each on the newest table. */
const steps = fc.array(fc.option(fc.nat(30), { nil: null }), { maxLength: 200 })

t.test('it is what a Map would be, and every table stays what it was', (t) => {
  fc.assert(
    fc.property(steps, (given) => {
      const made: [Invitations, Map<InvitationId, Invitation>][] = [[Invitations.of([]), new Map()]]
      given.forEach((place, seq) => {
        const [table, map] = made.at(-1) ?? [Invitations.of([]), new Map<InvitationId, Invitation>()]
        const open = [...table.open]
        const chosen = place === null ? undefined : open[place % Math.max(open.length, 1)]
        const next = chosen ? ended(chosen, seq) : invitation(seq)
        made.push([table.with(next), new Map(map).set(next.id, next)])
      })
      const [last] = made.at(-1) ?? []
      for (const [table, map] of made) {
        if (table.size !== map.size || [...table].some(([id, one]) => map.get(id) !== one))
          throw new Error('size or one')
        for (const [id, one] of map) if (table.get(id) !== one || !table.has(id)) throw new Error('get')
        const open = [...map.values()].filter(({ endedSeq }) => endedSeq === null)
        if ([...table.open].some((one, index) => one !== open[index])) throw new Error('open, in order')
        const changed = [...(last ?? table).values()].filter((one) => map.get(one.id) !== one)
        const found = new Set((last ?? table).changedSince(table))
        if (found.size !== changed.length || !changed.every((one) => found.has(one))) throw new Error('changedSince')
      }
    }),
  )
  t.end()
})

t.test('the next table looks at what is open, however many have ended', (t) => {
  let table = Invitations.of([])
  for (let seq = 0; seq < 50_000; seq += 1) {
    const open = invitation(seq)
    table = table.with(open).with(ended(open, seq))
  }
  t.equal(table.size, 50_000)
  const [open, looked] = [invitation(50_000), { count: 0 }]
  const next = table.with(open)
  const get = table.get.bind(table)
  table.get = (id) => {
    looked.count += 1
    return get(id)
  }
  t.same(next.changedSince(table), [open])
  t.equal(looked.count, 1)
  t.end()
})
