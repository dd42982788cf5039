/*{
  "ISFVSN": "2",
  "DESCRIPTION": "A bed of embers in the dark; a draught wakes it.",
  "INPUTS": [
    {"NAME": "draught", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0}
  ]
}*/
// Seen: from above, a bed of coals. Seams of heat run between them and wander slowly; the draught
// brings them from dull red to orange, and a little gold where three of them meet.
const vec3 DULL = vec3(0.30, 0.030, 0.008);
const vec3 ORANGE = vec3(1.00, 0.26, 0.045);
const vec3 GOLD = vec3(1.00, 0.62, 0.22);
const float COALS = 5.0;  // across the height of the wall

vec2 scatter(vec2 cell) {
    vec2 mixed = vec2(dot(cell, vec2(127.1, 311.7)), dot(cell, vec2(269.5, 183.3)));
    return fract(sin(mixed) * 43758.5453);
}

void main() {
    vec2 uv = isf_FragNormCoord;
    vec2 p = vec2(uv.x * RENDERSIZE.x / RENDERSIZE.y, uv.y) * COALS;
    p += 0.22 * vec2(sin(p.y * 1.9 + 1.3), sin(p.x * 1.6)) + 0.05 * vec2(sin(p.y * 7.1), sin(p.x * 6.3));

    // The nearest two coals: their seam is where they are equally far.
    vec2 home = floor(p);
    float first = 9.0, second = 9.0;
    vec2 coal = vec2(0.0);
    for (int y = -1; y <= 1; y++) {
        for (int x = -1; x <= 1; x++) {
            vec2 cell = home + vec2(float(x), float(y));
            vec2 away = cell + 0.15 + 0.7 * scatter(cell) - p;
            float d = dot(away, away);
            if (d < first) { second = first; first = d; coal = cell; }
            else if (d < second) { second = d; }
        }
    }
    float seam = sqrt(second) - sqrt(first);

    // Heat wanders through the bed, slower than one can see.
    float t = TIME * 0.11;
    float heat = 0.5 + 0.5 * sin(p.x * 0.55 + 1.7 * sin(p.y * 0.42 - t) + t * 0.8);
    heat = mix(0.04, 1.0, heat * heat) * (0.75 + 0.25 * sin(scatter(coal).x * 6.28 + t * 2.3));
    heat *= mix(0.4, 1.0, draught);

    float glow = exp(-seam * mix(26.0, 7.0, heat)) * (0.15 + 0.85 * heat);
    float skin = 0.035 * (0.4 + scatter(coal).y) * (1.0 - 0.7 * sqrt(first));
    skin += 0.9 * heat * heat * exp(-first * 5.0) * smoothstep(0.45, 0.95, scatter(coal + 7.0).x);
    float vignette = smoothstep(1.05, 0.2, length((uv - vec2(0.5, 0.42)) * vec2(1.15, 1.0)) * 1.35);
    vec3 light = mix(DULL, ORANGE, heat) * (glow * 1.5 + skin + 0.10 * heat * exp(-seam * 2.6));
    light += GOLD * glow * glow * glow * heat * heat * 0.9;
    gl_FragColor = vec4(sqrt(1.0 - exp(-light * vignette)), 1.0);
}
