import { parentPort, workerData } from 'node:worker_threads'
import type { Quotas } from '../quotas.js'
import { batchWriter } from './commit.js'
import { openWriter } from './connection.js'
import { messageRemoval, type Removal } from './message-removal.js'
import type { PackedBatch } from './packed-batch.js'
import { writeProbe } from './write-probe.js'

/** What the thread is started with. */
export interface CommitWorkerData {
  readonly path: string
  readonly quotas: Quotas
}

/** What the thread is given: one piece at a time, each answered before the next. */
export type Work = PackedBatch | Removal | 'probe'

/** The thread that commits: its fsync never holds the event loop of the server. Null closes it. */
function serve(port: NonNullable<typeof parentPort>, { path, quotas }: CommitWorkerData): void {
  const db = openWriter(path)
  const write = batchWriter(db, quotas)
  const remove = messageRemoval(db)
  const probe = writeProbe(db)
  const answer = (work: Work) => {
    if (work === 'probe') return probe()
    return 'before' in work ? remove(work) : write(work)
  }
  port.on('message', (work: Work | null) => {
    if (work !== null) {
      port.postMessage(answer(work))
      return
    }
    db.close()
    port.close()
  })
  port.postMessage('ready')
}

if (parentPort !== null) serve(parentPort, workerData as CommitWorkerData)
