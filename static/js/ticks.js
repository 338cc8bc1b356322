// Keeps relative times right between two answers of the server. The text is right without it.
// `ago` counts from the server's instant; `down` and `up` count business time while it runs.

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86400;

/** The words of revops/formats.py for a duration in seconds. */
export function duration(seconds) {
  const minutes = Math.floor(seconds / MINUTE);
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  if (hours >= 100) return `${hours.toLocaleString("en-US")} h`;
  if (hours) return rest ? `${hours} h ${rest} m` : `${hours} h`;
  return rest ? `${rest} m` : "under 1 m";
}

function elapsed(seconds) {
  if (seconds < 2 * DAY) return duration(seconds);
  const days = Math.floor(seconds / DAY);
  const hours = Math.floor((seconds % DAY) / HOUR);
  return hours && days < 7 ? `${days} d ${hours} h` : `${days} d`;
}

function tick(time, offset) {
  const kind = time.dataset.tick;
  if (kind === "ago") {
    const gap = (Date.now() + offset - Date.parse(time.dateTime)) / 1000;
    time.textContent = gap < MINUTE ? "just now" : `${elapsed(gap)} ago`;
    return;
  }
  // A badge counts from when it came to the page, so a swapped row starts afresh.
  time.dataset.since ||= String(Date.now());
  // When working hours close the count stands still: closed time never counts.
  const lasts = Number(time.dataset.lasts ?? Infinity);
  const passed = Math.min((Date.now() - Number(time.dataset.since)) / 1000, lasts);
  const seconds = Number(time.dataset.seconds) + (kind === "up" ? passed : -passed);
  time.textContent = duration(Math.max(seconds, 0));
}

/** Ticks every `<time data-tick>` each 15 seconds while the page is seen. */
export function startTicking() {
  const now = Date.parse(document.body.dataset.now);
  const offset = Number.isNaN(now) ? 0 : now - Date.now();
  const all = () => {
    if (document.hidden) return;
    for (const time of document.querySelectorAll("time[data-tick]")) tick(time, offset);
  };
  for (const time of document.querySelectorAll("time[data-seconds]")) time.dataset.since = String(Date.now());
  setInterval(all, 15_000);
  document.addEventListener("visibilitychange", all);
}
