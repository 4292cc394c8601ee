import t from 'tap'
import { Feed } from '../../../src/hub/delivery/feed.js'
import { InvitationFeed } from '../../../src/hub/delivery/invitation-feed.js'
import { InvitationFeeds, NOTICES_PAGE } from '../../../src/hub/delivery/invitation-feeds.js'
import { Window } from '../../../src/hub/delivery/window.js'
import type { Stay } from '../../../src/store/records.js'

function feedOf(lastSeq: number, stays: readonly Stay[], ackedSeq = 0, given = 0): Feed {
  return new Feed({ conversationId: 1, uuid: 'uuid', lastSeq, stays, ackedSeq }, given)
}

const TWO_STAYS = [
  { fromSeq: 3, toSeq: 5 },
  { fromSeq: 9, toSeq: null },
]

t.test('a feed goes from stay to stay', async (t) => {
  const feed = feedOf(10, TWO_STAYS)
  t.same(feed.next, { after: 2, upTo: 5 })
  for (const seq of [3, 4, 5]) feed.wrote(seq, 1)
  t.same(feed.next, { after: 8, upTo: 10 })
  t.ok(feed.isNext(9))
  t.notOk(feed.isNext(6), 'what is between is not his')
  t.notOk(feed.isNext(10))
  t.same(
    [2, 3, 5, 6, 8, 9, 99].map((seq) => feed.sees(seq)),
    [false, true, true, false, false, true, true],
  )
  for (const seq of [9, 10]) feed.wrote(seq, 1)
  t.equal(feed.next, null)
  t.ok(feed.isNext(11))
})

t.test('stays begin and end once', async (t) => {
  const feed = feedOf(5, [{ fromSeq: 1, toSeq: null }])
  feed.beginStay(4)
  t.same(feed.stays, [{ fromSeq: 1, toSeq: null }], 'he is a member already')
  feed.endStay(5)
  feed.endStay(7)
  t.same(feed.stays, [{ fromSeq: 1, toSeq: 5 }])
  t.notOk(feed.isMember)
  t.equal(feed.lastSeq, 5)
  feed.advanceHead(9)
  t.equal(feed.lastSeq, 5)
  feed.beginStay(5)
  t.equal(feed.stays.length, 1, 'not before the end of the last')
  feed.beginStay(9)
  t.same(feed.stays.at(-1), { fromSeq: 9, toSeq: null })
})

t.test('acknowledging frees what it covers, and nothing twice', async (t) => {
  const feed = feedOf(4, [{ fromSeq: 1, toSeq: null }])
  for (const seq of [1, 2, 3]) feed.wrote(seq, seq * 10)
  t.same(feed.acknowledge(2), [10, 20])
  t.same(feed.acknowledge(2), [])
  t.same(feed.acknowledge(1), [])
  t.equal(feed.acked, 2)
  t.same(feed.acknowledge(4), [30], 'beyond what was sent: given on a connection before')
  t.equal(feed.next, null)
})

t.test('a device has what any connection gave it, and what history gave without a hole', async (t) => {
  t.equal(feedOf(9, [{ fromSeq: 1, toSeq: null }], 2, 5).given, 5)
  t.equal(feedOf(9, [{ fromSeq: 1, toSeq: null }], 6, 5).given, 6)
  const feed = feedOf(12, TWO_STAYS)
  feed.gave(3, 5)
  t.equal(feed.given, 0, 'the first is missing')
  feed.gave(2, 4)
  t.equal(feed.given, 4, 'what is before his stay is not missing')
  feed.gave(4, 5)
  feed.gave(8, 11)
  t.equal(feed.given, 11, 'nor what is between two')
  feed.gave(0, 5)
  t.equal(feed.given, 11)
  t.same(feed.next, { after: 2, upTo: 5 }, 'it is given all the same')
})

t.test('own messages are passed in their place', async (t) => {
  const feed = feedOf(1, [{ fromSeq: 1, toSeq: null }])
  feed.advanceHead(5)
  for (const seq of [2, 3, 5]) feed.answered(seq)
  t.equal(feed.sent, 0)
  feed.wrote(1, 1)
  t.equal(feed.sent, 3)
  t.same(feed.next, { after: 3, upTo: 5 })
  feed.wrote(4, 1)
  t.equal(feed.sent, 5)
  t.equal(feed.next, null)
  feed.advanceHead(6)
  feed.answered(6)
  t.equal(feed.given, 6)
})

t.test('a hole before an event is bridged, up to the end of a stay', async (t) => {
  const feed = feedOf(10, TWO_STAYS)
  t.equal(feed.bridge(3), null)
  t.same(feed.bridge(5), { from: 3, to: 4 })
  t.equal(feed.bridge(5), null)
  t.same(feed.bridge(10), { from: 5, to: 5 }, 'not what is between two stays')
  t.same(feed.bridge(10), { from: 9, to: 9 })
  t.ok(feed.awaits(10))
  t.notOk(feed.awaits(9))
})

t.test('a window is open until it is full', async (t) => {
  const window = new Window(2, 100)
  window.add(60)
  t.same(window.page, { limit: 1, maxBytes: 40 })
  window.add(60)
  t.notOk(window.isOpen)
  t.ok(window.hold(5))
  t.notOk(window.hold(6))
  t.equal(window.heldSince, 5)
  window.free([])
  t.equal(window.heldSince, 5, 'nothing was acknowledged')
  window.free([60])
  t.ok(window.isOpen)
  t.equal(window.heldSince, null)
  window.add(40)
  t.notOk(window.isOpen, 'by its events')
  window.free([60, 40])
  window.add(100)
  t.notOk(window.isOpen, 'by its bytes')
  t.same(new Window(500, 1000).page, { limit: 64, maxBytes: 1000 })
})

const invited = (invitation: string) => ({ invitation, conversationId: 1, seq: 7, place: 1 as const })
const ended = (invitation: string, seq = 9) => ({ invitation, conversationId: 1, seq, place: 2 as const })

t.test('an invitation has two events, acknowledged in order', async (t) => {
  const feed = new InvitationFeed(invited('a'))
  feed.add(invited('a'))
  t.equal(feed.acknowledge(), null, 'nothing was given')
  t.equal(feed.next, 7)
  feed.gave()
  t.equal(feed.next, null)
  feed.add(ended('a'))
  feed.add(ended('a'))
  t.equal(feed.next, 9)
  feed.gave()
  t.equal(feed.next, null, 'it ends once')
  t.equal(feed.given, 2)
  t.equal(feed.acknowledge(), 1)
  t.ok(feed.isOutstanding)
  t.equal(feed.acknowledge(), 2)
  t.notOk(feed.isOutstanding)
  feed.settle(2)
  t.ok(feed.isEmpty)
  t.equal(feed.acknowledge(), null)
})

t.test('an acknowledgement that is not durable is repeated, and one that failed is due', async (t) => {
  const feed = new InvitationFeed(invited('a'))
  for (const notice of [invited('a'), ended('a')]) feed.add(notice)
  feed.gave()
  t.equal(feed.acknowledge(), 1)
  t.equal(feed.acknowledge(), 1, 'the same once more')
  feed.gave()
  t.equal(feed.acknowledge(), 2)
  t.equal(feed.acknowledge(), 2)
  feed.unsettle(1)
  t.ok(feed.isOutstanding)
  t.equal(feed.acknowledge(), 1)
  feed.settle(1)
  t.equal(feed.size, 1)
  t.equal(feed.given, 2)
  feed.settle(2)
  t.ok(feed.isEmpty)
})

function acknowledge(feeds: InvitationFeeds, id: string): number | null {
  const acked = feeds.acknowledge(id)
  if (acked !== null) feeds.settle(id, acked, true)
  return acked
}

function given(feeds: InvitationFeeds): string | null {
  const feed = feeds.next
  if (feed) feeds.gave(feed)
  return feed?.invitation ?? null
}

t.test('sixteen invitations at most wait for their acknowledgement', async (t) => {
  const feeds = new InvitationFeeds()
  const ids = Array.from({ length: 17 }, (_, index) => `${index}`)
  for (const id of ids) feeds.tell(invited(id))
  for (const id of ids.slice(0, 16)) t.equal(given(feeds), id)
  t.equal(feeds.next, null)
  t.ok(feeds.isHeld)
  feeds.tell(ended('0'))
  feeds.drop('1')
  t.equal(given(feeds), '0', 'an end takes no further place')
  t.equal(given(feeds), '16')
  t.notOk(feeds.isHeld)
  for (const acked of [1, 2]) t.equal(acknowledge(feeds, '0'), acked)
  t.notOk(feeds.has('0'))
  t.equal(acknowledge(feeds, '0'), null)
  t.equal(feeds.given.size, 15)
  feeds.tell(invited('x'))
  t.equal(given(feeds), 'x')
  feeds.tell(invited('y'))
  t.ok(feeds.isHeld, 'two events acknowledged freed one place')
})

t.test('what others do to someone is kept in the store, and read when the earlier was given', async (t) => {
  const feeds = new InvitationFeeds()
  const all = Array.from({ length: 500 }, (_, index) => invited(`${index}`))
  const acked = new Set<string>()
  const left = () => all.filter(({ invitation }) => !acked.has(invitation))
  for (const notice of all) feeds.tell(notice)
  const seen: (string | null)[] = []
  let kept = 0
  while (seen.length < all.length) {
    if (feeds.wantsMore) {
      feeds.beginLoading()
      feeds.load(left().slice(0, NOTICES_PAGE))
    }
    const id = given(feeds)
    kept = Math.max(kept, all.filter(({ invitation }) => feeds.has(invitation)).length)
    if (id !== null) seen.push(id)
    else {
      t.ok(feeds.isHeld)
      for (const waiting of feeds.given.keys()) {
        acknowledge(feeds, waiting)
        acked.add(waiting)
      }
    }
  }
  t.same(
    seen,
    all.map(({ invitation }) => invitation),
    'each once, in order',
  )
  t.ok(kept <= NOTICES_PAGE)
  for (const waiting of feeds.given.keys()) acknowledge(feeds, waiting)
  t.notOk(feeds.wantsMore || feeds.isHeld)
  feeds.tell(ended('1'))
  t.equal(given(feeds), '1', 'it keeps up again')
})

t.test('a page that was read while something was told, acknowledged or joined', async (t) => {
  const feeds = new InvitationFeeds()
  for (const id of ['a', 'b']) {
    feeds.tell(invited(id))
    given(feeds)
  }
  feeds.beginLoading()
  acknowledge(feeds, 'a')
  feeds.drop('c')
  feeds.tell(invited('e'))
  feeds.load(['a', 'b', 'c', 'd'].map(invited))
  t.equal(given(feeds), 'd', 'neither again what was settled meanwhile, nor what was given')
  t.ok(feeds.wantsMore, 'what was told meanwhile is read')
  feeds.beginLoading()
  feeds.load(['b', 'd', 'e'].map(invited))
  t.equal(given(feeds), 'e')
  t.notOk(feeds.wantsMore)
})
