// What @cityssm/green-button-parser finds in each file: a line of JSON a file. Runs in that package's own folder.
import { readFileSync } from 'node:fs'
import { atomToGreenButtonJson, helpers } from '@cityssm/green-button-parser'

async function count(path) {
  const feed = await atomToGreenButtonJson(readFileSync(path, 'utf8'))
  const found = { readings: 0, totals: {}, blocks: 0 }
  for (const entry of helpers.getEntriesByContentType(feed, 'IntervalBlock')) {
    const type = helpers.getReadingTypeEntryFromIntervalBlockEntry(feed, entry)
    const point = helpers.getUsagePointEntryFromIntervalBlockEntry(feed, entry)
    if (type && point) found.blocks += 1
    const power = type?.content.ReadingType.powerOfTenMultiplier ?? 0
    for (const block of entry.content.IntervalBlock) {
      for (const reading of block.IntervalReading) {
        found.readings += 1
        found.totals[power] = (found.totals[power] ?? 0) + reading.value
      }
    }
  }
  return found
}

for (const path of process.argv.slice(2)) {
  console.log(JSON.stringify(await count(path).catch((error) => `${error}`)))
}
