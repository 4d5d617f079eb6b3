//! `--limit-rate`: the rate is kept, and the server is listened to and answered meanwhile.

use std::thread;
use std::time::Instant;

use crate::support::{Script, Wsurl, file_with, frame, millis, noise, numbered_lines, secs, timed};

/// An upload without an end at this rate.
fn upload(rate: &str, peer: &Script) -> Wsurl {
    Wsurl::new(["stream", "--limit-rate", rate, "--close-timeout", "1s", &peer.url()])
        .stdin_endless(noise(1 << 16))
        .limit(secs(20))
}

#[test]
fn pings_are_answered_at_any_rate() {
    timed(|| {
        for rate in ["64K", "2M", "4M", "16M"] {
            let mut peer = Script::new().upgrade().read_frame();
            for _ in 0..10 {
                peer = peer.has_pong_within(millis(200)).takes_frames(1000);
            }
            upload(rate, &peer.send(frame::close(1000, "")).hold())
                .stderr_has("it closed with 1000")
                .exits(55);
        }
    });
}

#[test]
fn pings_are_answered_within_one_large_message() {
    timed(|| {
        let (_dir, path) = file_with("upload", noise(64 << 20));
        let mut peer = Script::new().upgrade().read_frame();
        for _ in 0..10 {
            peer = peer.has_pong_within(millis(200));
        }
        let peer = peer.send(frame::close(1000, "")).hold();
        Wsurl::new(["stream", "--limit-rate", "4M", "--single-message", "-T", &path, &peer.url()]).exits(55);
    });
}

#[test]
fn a_close_is_obeyed_at_once() {
    timed(|| {
        let peer = Script::new().upgrade().read_frame();
        let run = upload("4M", &peer).stderr_has("it closed with 1000").spawn();
        peer.wait();
        thread::sleep(millis(300));
        let begun = Instant::now();
        let _peer = peer.send(frame::close(1000, "")).hold();
        run.exits(55);
        assert!(begun.elapsed() < millis(700), "{:?}", begun.elapsed());
    });
}

#[test]
fn no_frame_takes_longer_than_a_tenth_of_a_second() {
    let (_dir, path) = file_with("upload", noise(16 << 20));
    for (rate, bytes) in [("64K", 64 << 10), ("4M", 4 << 20)] {
        for shape in ["--chunk-size=8M", "--single-message"] {
            let (peer, upload) = Script::new().upgrade().gauges(secs(1));
            let peer = peer.send(frame::close(1000, "")).hold();
            Wsurl::new(["stream", "--limit-rate", rate, shape, "-T", &path, &peer.url()]).exits(55);
            let longest = upload.recv().expect("an upload").longest;
            assert!(longest <= bytes / 10, "{shape} at {rate}: {longest}");
        }
    }
}

#[test]
fn the_rate_is_kept() {
    for (rate, bytes) in [("64K", 65_536.0), ("1M", 1_048_576.0), ("64M", 67_108_864.0)] {
        let off = || {
            let (peer, gauged) = Script::new().upgrade().gauges(secs(2));
            let peer = peer.send(frame::close(1000, "")).hold();
            upload(rate, &peer).exits(55);
            gauged.recv().expect("an upload").rate / bytes - 1.0
        };
        // Other tests share the machine: the best of twelve counts.
        let best = (0..12).map(|_| off()).find(|off| off.abs() <= 0.03);
        assert!(best.is_some(), "{rate} was never kept within 3 %: {}", off());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn pacing_costs_next_to_no_processor_time() {
    timed(|| {
        for rate in ["1M", "8M"] {
            let (peer, gauged) = Script::new().upgrade().read_frame().gauges(secs(3));
            let peer = peer.send(frame::close(1000, "")).hold();
            let run = upload(rate, &peer).spawn();
            thread::sleep(millis(500));
            let before = run.processor_time();
            thread::sleep(secs(2));
            let used = run.processor_time().saturating_sub(before);
            run.exits(55);
            drop(gauged);
            assert!(used <= millis(100), "{used:?} of processor time in 2 s at {rate}");
        }
    });
}

#[test]
fn compressed_messages_are_paced_by_what_they_compress_to() {
    timed(|| {
        let lines = numbered_lines(20_000);
        for shape in ["--chunk-size=32K", "--single-message"] {
            let (peer, upload) =
                Script::new().upgrade_with("Sec-WebSocket-Extensions: permessage-deflate").gauges(secs(3));
            let peer = peer.send(frame::close(1000, "")).hold();
            Wsurl::new([
                "stream",
                "--compress",
                "--limit-rate",
                "200K",
                "--close-timeout",
                "1s",
                shape,
                &peer.url(),
            ])
            .stdin_endless(lines.clone())
            .limit(secs(20))
            .exits(55);
            let upload = upload.recv().expect("an upload");
            let (wanted, longest) = (200.0 * 1024.0, upload.longest);
            assert!(
                (wanted * 0.8..wanted * 1.2).contains(&upload.rate),
                "{shape}: {} bytes a second",
                upload.rate
            );
            assert!(longest <= 20 << 10, "{shape}: a frame of {longest} bytes");
        }
    });
}
