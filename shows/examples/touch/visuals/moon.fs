/*{
  "ISFVSN": "2",
  "DESCRIPTION": "The moon in a bowl of dark water.",
  "INPUTS": [
    {"NAME": "stir", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0},
    {"NAME": "warmth", "TYPE": "float", "MIN": 0, "MAX": 1, "DEFAULT": 0}
  ]
}*/
// Seen: from above, a round bowl of black water and a moon in it, whole while nobody touches.
// `stir` sends rings out from the rim's near side and breaks the moon into slow slivers;
// `warmth` turns its silver to the honey of a lamp.
const vec3 NIGHT = vec3(0.004, 0.010, 0.022);
const vec3 SILVER = vec3(0.62, 0.74, 0.92);
const vec3 HONEY = vec3(1.00, 0.56, 0.18);
const vec2 HAND = vec2(0.0, -0.92);  // where the stone stands
const float MOON = 0.27;             // its radius; the bowl's is 1

// The water's height where a ring and two slow swells cross.
float water(vec2 p, float t) {
    float far = length(p - HAND);
    float rings = sin(far * 26.0 - t * 2.6) * exp(-far * 0.7);
    float swell = 0.6 * sin(p.x * 5.0 + p.y * 3.0 + t * 0.7) + 0.5 * sin(p.y * 7.0 - p.x * 2.0 - t * 0.9);
    return rings * stir + swell * (0.10 + 0.35 * stir);
}

void main() {
    vec2 p = (isf_FragNormCoord - 0.5) * 2.15 * vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0);
    float t = TIME;
    float e = 0.01;
    float here = water(p, t);
    vec2 slope = vec2(water(p + vec2(e, 0.0), t) - here, water(p + vec2(0.0, e), t) - here) / e;

    // What is mirrored stands where the slope throws the eye.
    vec2 eye = p - vec2(0.10, 0.16) - slope * (0.004 + 0.011 * stir);
    float far = length(eye);
    float disc = smoothstep(MOON, MOON - 0.02, far);
    float seas = 0.72 + 0.28 * sin(eye.x * 17.0 + 2.0 * sin(eye.y * 13.0)) * sin(eye.y * 11.0 + 1.0);
    float halo = exp(-max(0.0, far - MOON) * 6.5) * 0.13 + exp(-far * 1.6) * 0.05;

    vec3 light = mix(SILVER, HONEY, warmth) * (disc * seas * 1.7 + halo * (1.0 + 0.6 * warmth));
    light += mix(SILVER, HONEY, 0.7 * warmth) * pow(max(0.0, 0.5 + 0.045 * slope.y), 9.0) * 0.10 * (0.3 + stir);
    float radius = length(p);
    light = (light + NIGHT) * smoothstep(1.0, 0.985, radius) * (0.25 + 0.75 * smoothstep(1.0, 0.4, radius));
    light += mix(SILVER, HONEY, warmth) * exp(-abs(radius - 1.0) * 130.0) * (0.10 + 0.12 * smoothstep(0.5, -1.0, p.y));
    gl_FragColor = vec4(sqrt(1.0 - exp(-light)), 1.0);
}
