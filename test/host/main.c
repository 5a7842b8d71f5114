/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host for our Fluent Bit plugins, without Fluent Bit: what happens in
 * which order. It behaves towards the two libraries as Fluent Bit 5.1.1 does,
 * and is stricter where a mistake would go unseen there.
 *
 * Signals are left alone: a plugin that crashes takes the host with it, as it
 * would take Fluent Bit.
 */
#include "alerts.h"
#include "engine.h"
#include "report.h"
#include "stats.h"

#ifndef _WIN32
#include <dirent.h>
#include <sys/wait.h>
#include <unistd.h>
#endif
#ifdef __linux__
#include <signal.h>
#include <sys/prctl.h>
#endif

/* How long alerts may go on coming after the last flush of the files. */
static const double ENDLESS = 30;

/* Whether the run is over: all is flushed, and no alert came for a while. */
static bool over(const struct options *o, struct feed *f)
{
    double since, alert = stats_last_alert();

    if (!feed_finished(f, &since))
        return false;
    if (now() >= since + ENDLESS + o->wait) {
        if (o->loop)
            broken("alerts still came %g s after the last flush: they are made of alerts", ENDLESS + o->wait);
        else
            lost("alerts still came %g s after the last flush: the rest is not waited for", ENDLESS + o->wait);
        return true;
    }
    /* Without acknowledgements the same alerts come again and again. */
    if (alert > since && !o->no_cleanup)
        since = alert;
    return now() >= since + o->wait && !feed_pending(f);
}

/* Waits for a reload or the end; true for a reload. */
static bool wait_for_reload(const struct options *o, struct feed *f)
{
    for (;;) {
        if (feed_reload_due(f))
            return true;
        if (over(o, f))
            return false;
        sleep_until(now() + 0.01);
    }
}

#ifdef _WIN32

static bool become_daemon(int threads)
{
    (void)threads;
    usage_error("--daemon: there is no fork on Windows");
    return false;
}

static int count_threads(void)
{
    return 1;
}

#else

/* The threads of this process; 0 where they are not listed. */
static int count_threads(void)
{
    DIR *d = opendir("/proc/self/task");
    int n = 0;

    if (d == NULL)
        return 0;
    for (struct dirent *entry; (entry = readdir(d)) != NULL;)
        n += entry->d_name[0] != '.';
    closedir(d);
    return n;
}

/* As Fluent Bit between registration and init. But the parent stays, and ends with the
 * status of the child. False, and a report, if the libraries have started threads. */
static bool become_daemon(int threads)
{
    pid_t child;
    int status;

    if (count_threads() > threads) {
        refused("the libraries start threads before an instance is opened: a fork leaves them behind");
        return false;
    }
    child = fork();
    if (child < 0)
        usage_error("--daemon: fork fails");
    if (child == 0) {
#ifdef __linux__
        prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
        return true;
    }
    waitpid(child, &status, 0);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

#endif

static void run(const struct options *o, struct feed *f)
{
    int threads = count_threads();
    struct engine *e = engine_new(o, f, false);

    if (e == NULL)
        return;
    if ((o->daemon && !become_daemon(threads)) || !engine_start(e)) {
        engine_free(e);
        return;
    }
    while (wait_for_reload(o, f)) {
        /* The new one registers while the old one still runs. */
        struct engine *next = engine_new(o, f, true);

        if (next == NULL)
            break;
        engine_stop(e, true);
        engine_free(e);
        e = next;
        stats_add(STAT_RELOADS, 1);
        feed_reloaded(f);
        if (!engine_start(e)) {
            engine_free(e);
            return;
        }
    }
    engine_stop(e, false);
    engine_free(e);
}

int main(int argc, char **argv)
{
    struct options o = options_parse(argc, argv);
    struct feed *f;
    double began;

    alerts_open(o.alerts);
    f = feed_new(&o);
    began = now();
    run(&o, f);
    feed_free(f);
    alerts_close();
    if (o.stats)
        stats_print(stderr, now() - began);
    options_free(&o);
    return report_status();
}
