import { claudeStreams } from './claude.ts'
import { codexStreams } from './codex.ts'
import { copilotStreams } from './copilot.ts'
import type { DocumentedStream } from './documented-stream.ts'
import { geminiStreams } from './gemini.ts'
import { mapped } from './mapped.ts'
import { opencodeStreams } from './opencode.ts'

export const streams: readonly DocumentedStream[] = [
  ...claudeStreams,
  ...codexStreams,
  ...geminiStreams,
  ...opencodeStreams,
  ...copilotStreams,
  mapped,
]
