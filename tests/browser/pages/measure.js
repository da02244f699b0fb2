/** What a <video> really shows and sounds like: measured on decoded frames and samples. Every wait has a deadline. */

const PICTURE = { width: 32, height: 24 };
const POLL_INTERVAL_MS = 50;
/** Mean luminance (0 to 255) below which a picture counts as black. */
const BLACK_LUMINANCE = 24;
/** Mean absolute difference of luminance above which two pictures differ; coding noise alone stays below. */
const MOVEMENT = 0.5;
/** Loudness (peak of a float sample) above which the beep of Chromium's fake microphone is heard. */
const AUDIBLE_PEAK = 0.02;
/** Chromium's fake microphone beeps for 20 ms twice a second. */
const BEEP_PERIOD_MS = 600;
/** The codec's comfort; the beep is a hundred thousand times as strong. */
const SILENT_ENERGY_PER_SECOND = 1e-7;
const FFT_SIZE = 2048;
/** A fraction of the 43 ms that one spectrum covers, so that one of them has the beep in its middle. */
const SPECTRUM_INTERVAL_MS = 10;

/** Poll *attempt* until it returns something true; throws with the last *describe()* at the deadline. */
export async function until(attempt, timeoutMs, describe, intervalMs = POLL_INTERVAL_MS) {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const result = await attempt();
    if (result) {
      return result;
    }
    if (performance.now() > deadline) {
      throw new Error(`not within ${timeoutMs} ms: ${describe()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
}

const canvas = new OffscreenCanvas(PICTURE.width, PICTURE.height);
const drawing = canvas.getContext("2d", { willReadFrequently: true });

function luminances(video) {
  drawing.clearRect(0, 0, PICTURE.width, PICTURE.height);
  drawing.drawImage(video, 0, 0, PICTURE.width, PICTURE.height);
  const { data } = drawing.getImageData(0, 0, PICTURE.width, PICTURE.height);
  const values = [];
  for (let i = 0; i < data.length; i += 4) {
    values.push(0.299 * data[i] + 0.587 * data[i + 1] + 0.114 * data[i + 2]);
  }
  return values;
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Resolves when the picture is neither black nor still. */
export async function movingPicture(video, timeoutMs) {
  let luminance = 0;
  let movement = 0;
  let previous = luminances(video);
  const attempt = () => {
    const current = luminances(video);
    luminance = mean(current);
    movement = mean(current.map((value, i) => Math.abs(value - previous[i])));
    previous = current;
    return luminance > BLACK_LUMINANCE && movement > MOVEMENT;
  };
  await until(attempt, timeoutMs, () => `a moving picture (luminance ${luminance}, movement ${movement})`);
}

export async function blackPicture(video, timeoutMs) {
  let luminance = 0;
  const attempt = () => (luminance = mean(luminances(video))) < BLACK_LUMINANCE;
  await until(attempt, timeoutMs, () => `a black picture (luminance ${luminance})`);
}

/** Anything but black; for screens, which may stand still. */
export async function brightPicture(video, timeoutMs) {
  let luminance = 0;
  const attempt = () => (luminance = mean(luminances(video))) > BLACK_LUMINANCE;
  await until(attempt, timeoutMs, () => `a picture (luminance ${luminance})`);
}

/** Frequency (Hz) of the loudest tone within one period of the beep, counted from when the stream becomes audible. */
export async function audibleTone(mediaStream, timeoutMs) {
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: FFT_SIZE, smoothingTimeConstant: 0 });
  context.createMediaStreamSource(mediaStream).connect(analyser);
  const samples = new Float32Array(FFT_SIZE);
  const spectrum = new Float32Array(analyser.frequencyBinCount);
  let peak = 0;
  let audibleSince = null;
  let loudest = { level: -Infinity, hz: 0 };
  const attempt = () => {
    analyser.getFloatTimeDomainData(samples);
    analyser.getFloatFrequencyData(spectrum);
    peak = Math.max(peak, ...samples);
    const level = Math.max(...spectrum);
    if (level > loudest.level) {
      loudest = { level, hz: (spectrum.indexOf(level) * context.sampleRate) / FFT_SIZE };
    }
    audibleSince ??= peak > AUDIBLE_PEAK ? performance.now() : null;
    return audibleSince !== null && performance.now() - audibleSince > BEEP_PERIOD_MS;
  };
  try {
    await until(attempt, timeoutMs, () => `an audible tone (peak ${peak})`, SPECTRUM_INTERVAL_MS);
    return loudest.hz;
  } finally {
    await context.close();
  }
}

/** Resolves when no sound has been decoded for longer than the beep is silent. */
export async function silence(connection, timeoutMs) {
  let energyPerSecond = 0;
  const attempt = async () => {
    energyPerSecond = await rate(connection, "audio", "totalAudioEnergy", BEEP_PERIOD_MS);
    return energyPerSecond < SILENT_ENERGY_PER_SECOND;
  };
  await until(attempt, timeoutMs, () => `silence (energy ${energyPerSecond}/s)`);
}

/** The inbound-rtp report of *kind* with its `mimeType`, or zeros before the first packet. */
export async function inbound(connection, kind) {
  const report = await connection.getStats();
  const stats = [...report.values()].find((entry) => entry.type === "inbound-rtp" && entry.kind === kind);
  const none = { framesDecoded: 0, totalAudioEnergy: 0, timestamp: [...report.values()][0].timestamp };
  return stats ? { ...stats, mimeType: report.get(stats.codecId)?.mimeType } : none;
}

/** How many frames *connection* has sent, once they are *least*. */
export async function framesSent(connection, least, timeoutMs) {
  let sent = 0;
  const attempt = async () => {
    const stats = [...(await connection.getStats()).values()];
    sent = stats.find(({ type, kind }) => type === "outbound-rtp" && kind === "video")?.framesSent ?? 0;
    return sent >= least;
  };
  await until(attempt, timeoutMs, () => `${least} frames (${sent} were sent)`);
  return sent;
}

/** The RTCIceCandidateStats of our end of the pair in use. */
export async function chosenCandidate(connection) {
  const report = await connection.getStats();
  const transport = [...report.values()].find(({ type }) => type === "transport");
  return report.get(report.get(transport.selectedCandidatePairId).localCandidateId);
}

/** Difference of a counter of `inbound` over *durationMs*, per second. */
export async function rate(connection, kind, counter, durationMs) {
  const first = await inbound(connection, kind);
  let last = first;
  const attempt = async () => (last = await inbound(connection, kind)).timestamp - first.timestamp >= durationMs;
  await until(attempt, durationMs + 5000, () => "fresh statistics");
  return ((last[counter] - first[counter]) * 1000) / (last.timestamp - first.timestamp);
}
