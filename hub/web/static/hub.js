// What pages do better with a script. Each of them works without it.
"use strict"

// Send a form once: a second click while the answer is on its way does nothing.
document.addEventListener("submit", (event) => {
  const form = event.target
  if (event.defaultPrevented || form.method === "get") return
  if (form.dataset.sent) { event.preventDefault(); return }
  form.dataset.sent = "1"
  form.setAttribute("aria-busy", "true")
})

// A page that comes back from the browser's memory may send again.
addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form[data-sent]").forEach((form) => {
    delete form.dataset.sent
    form.removeAttribute("aria-busy")
  })
})

// Copy a text that is shown once.
document.querySelectorAll("button[data-copy]").forEach((button) => {
  button.hidden = !navigator.clipboard
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy)
    button.textContent = "Copied"
  })
})

// Choose in a list and go: forms of filters send themselves.
document.querySelectorAll("form[data-auto] select").forEach((select) => {
  select.addEventListener("change", () => select.form.requestSubmit())
})

// Only one question is open at a time; Escape closes it.
document.addEventListener("toggle", (event) => {
  if (!event.target.open || !event.target.matches("details.confirm")) return
  document.querySelectorAll("details.confirm[open]").forEach((other) => { if (other !== event.target) other.open = false })
}, true)
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return
  document.querySelectorAll("details.confirm[open]").forEach((one) => { one.open = false; one.querySelector("summary").focus() })
})

// Faults get the focus, so that nobody has to look for them.
const fault = document.querySelector("[role=alert]")
if (fault) { fault.tabIndex = -1; fault.focus() }

// The visitor's own zone, where a page wants it and none was chosen.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
document.querySelectorAll("input[data-own-zone]").forEach((input) => { if (!input.value && zone) input.value = zone })
const shown = document.querySelector("[data-shown-zone]")
if (shown && zone && shown.dataset.shownZone !== zone) {
  const url = new URL(location.href)
  if (!url.searchParams.has("zone")) { url.searchParams.set("zone", zone); location.replace(url) }
}

// How long a time is still kept, quietly: the page says until when without it.
document.querySelectorAll("[data-left]").forEach((place) => {
  const ends = Date.now() + 1000 * Number(place.dataset.left), until = place.textContent
  const tick = () => {
    const left = Math.round((ends - Date.now()) / 1000)
    if (left <= 0) { place.textContent = place.dataset.ended; return }
    place.textContent = `${until} (${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")} left)`
    setTimeout(tick, 1000)
  }
  tick()
})

// A long list of choices gets a box to search it: what does not match is hidden, the first match is chosen.
document.querySelectorAll("select[data-find]").forEach((select) => {
  const box = document.createElement("input")
  box.type = "search"
  box.className = "form-control find-in"
  box.placeholder = "Type to search"
  box.setAttribute("aria-label", `Search: ${select.labels[0]?.textContent.trim() || "list"}`)
  box.addEventListener("input", () => {
    const wanted = box.value.trim().toLowerCase().replaceAll("_", " ")
    let first = null
    for (const option of select.options) {
      const text = `${option.parentElement.label || ""} ${option.text} ${option.value}`.toLowerCase().replaceAll("_", " ")
      option.hidden = wanted !== "" && !text.includes(wanted)
      if (!option.hidden && !first && option.text.toLowerCase().includes(wanted)) first = option
    }
    for (const group of select.querySelectorAll("optgroup")) group.hidden = [...group.children].every((one) => one.hidden)
    if (wanted && first) first.selected = true
  })
  box.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); select.focus() } })
  select.before(box)
})
