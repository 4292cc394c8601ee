import t from 'tap'
import { createInProcessBus } from '../../src/bus/in-process.js'
import { busContract, standing, wake } from './contract.js'

busContract('in process', async () => createInProcessBus())

t.test('there are no other nodes', async (t) => {
  const bus = createInProcessBus()
  t.equal(bus.follow('conversation.1'), null)
  t.match(bus, { isShared: false, isAway: false })
  bus.unfollow('conversation.1')
  t.doesNotThrow(() => bus.publish(wake))
  t.doesNotThrow(() => bus.standing(standing))
})
