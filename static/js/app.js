// The entry of every page. Each module does one thing and finds its own elements.
import { startTheme } from "./theme.js";
import { startTicking } from "./ticks.js";
import { startShortcuts } from "./shortcuts.js";
import { startSurfaces } from "./surfaces.js";
import { startPolling } from "./polling.js";
import { startCharts } from "./charts.js";
import { startPresenting } from "./present.js";
import { startWords } from "./words.js";
import { startSliders } from "./sliders.js";

startTheme();
startSurfaces();
startTicking();
startShortcuts();
startPolling();
startCharts();
startPresenting();
startWords();
startSliders();
