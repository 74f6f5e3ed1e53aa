/* Shows the report that the page which opened this tab hands over. This document is sandboxed: what the report contains
   can reach neither that page nor its key. */
addEventListener("message", (event) => {
    if (event.source !== opener || event.origin !== location.origin) return;
    if (typeof event.data.wait === "string") {
        document.body.textContent = event.data.wait;
    } else if (typeof event.data.html === "string") {
        document.open();
        document.write(event.data.html);
        document.close();
    }
});
opener?.postMessage("report-open", location.origin);
