/** Notices when the loop is late, how much of that was its own work, and how much memory the process ever had. */
export function watchLoop() {
  const everyMs = 10
  const everyRssMs = 50
  const cpuAtFirst = process.cpuUsage()
  let at = performance.now()
  let rssAt = at
  let cpu = cpuAtFirst
  let lateMs = 0
  let busyMs = 0
  let peakRssBytes = 0
  const timer = setInterval(() => {
    const now = performance.now()
    const used = process.cpuUsage()
    lateMs = Math.max(lateMs, now - at - everyMs)
    busyMs = Math.max(
      busyMs,
      Math.min(now - at, (used.user + used.system - cpu.user - cpu.system) / 1000),
    )
    at = now
    cpu = used
    if (now - rssAt < everyRssMs) return
    rssAt = now
    peakRssBytes = Math.max(peakRssBytes, process.memoryUsage.rss())
  }, everyMs)
  return {
    end() {
      clearInterval(timer)
      const { user, system } = process.cpuUsage(cpuAtFirst)
      return {
        cpuMs: (user + system) / 1000,
        systemCpuMs: system / 1000,
        peakRssBytes,
        loopDelayMaxMs: lateMs,
        loopBusyMaxMs: busyMs,
      }
    },
  }
}
