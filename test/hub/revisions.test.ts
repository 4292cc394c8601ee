import t from 'tap'
import type { Recall, Task } from '../../src/hub/task.js'
import { invitationId, leave, send } from './conversation/world.js'
import { elsewhere, opened, sending, settled, taskOf } from './queue-fixture.js'

/** The same task, which notes why it is decided again. */
function noting(task: Task, whys: Recall[]): Task {
  return {
    ...task,
    recall: async (context, why) => {
      whys.push(why)
      await task.recall?.(context, why)
    },
  }
}

t.test('a command that is decided again knows why', async (t) => {
  const { log, trace, queue } = await opened()
  const [first, second, third]: [Recall[], Recall[], Recall[]] = [[], [], []]
  await elsewhere(log, send('alice', { messageId: invitationId(9) }))
  queue.submit(noting(sending(1, log, trace), first))
  log.commit()
  await settled()
  t.same(first, ['conflict'])
  log.commit()
  queue.submit(noting(sending(1, log, trace), second))
  queue.submit(noting(sending(3, log, trace), third))
  log.commit()
  await settled()
  log.commit()
  t.same([second, third], [['duplicate'], ['duplicate']], 'who repeats one repeats others')
  t.same(
    trace.filter((line) => line.startsWith('answer')),
    ['answer 1', 'answer 1', 'answer 3'],
  )
})

t.test('a refusal is looked at once more where other nodes are, or where it may be a repeat', async (t) => {
  for (const [isShared, mayBeRepeat, expected] of [
    [true, false, ['doubt']],
    [false, true, ['doubt']],
    [false, false, []],
  ] as const) {
    const { trace, queue } = await opened(isShared)
    const whys: Recall[] = []
    queue.submit(noting(taskOf('leave', leave('bob'), trace, { mayBeRepeat }), whys))
    await settled()
    t.same(whys, expected)
    t.same(trace, ['answer leave'])
  }
})
