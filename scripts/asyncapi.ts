import { writeFile } from 'node:fs/promises'
import { generateAsyncApi } from '../src/server/asyncapi/document.js'

await writeFile(new URL('../asyncapi.yaml', import.meta.url), generateAsyncApi())
