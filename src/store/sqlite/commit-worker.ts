import { parentPort, workerData } from 'node:worker_threads'
import type { Batch } from './batch.js'
import { batchWriter } from './commit.js'
import { openWriter } from './connection.js'

/** What the thread is started with. */
export interface CommitWorkerData {
  readonly path: string
}

/** The thread that commits: its fsync never holds the event loop of the server. Null closes it. */
function serve(port: NonNullable<typeof parentPort>, { path }: CommitWorkerData): void {
  const db = openWriter(path)
  const write = batchWriter(db)
  port.on('message', (batch: Batch | null) => {
    if (batch !== null) {
      port.postMessage(write(batch))
      return
    }
    db.close()
    port.close()
  })
  port.postMessage('ready')
}

if (parentPort !== null) serve(parentPort, workerData as CommitWorkerData)
